# SPDX-License-Identifier: Apache-2.0
"""The log in memory: for tests and simulations. It forgets everything when the process ends."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Sequence

from bandit.core.codec import encode
from bandit.core.events import AnyEvent, Changed
from bandit.errors import Unavailable
from bandit.log.base import Proposal, Record, Snapshot
from bandit.log.index import Index, about

KEPT_SNAPSHOTS = 3

Committed = Callable[[Sequence[Record]], None]


class MemoryLog:
    """An EventLog with Queries and Snapshots that FORGETS: nothing outlives the process.

    What was appended by the next turn of the event loop commits together, as one group.
    """

    def __init__(self, *, committed: Committed) -> None:
        self._committed = committed
        self._records: list[Record] = []
        self._index = Index()
        self._about: dict[str, list[Record]] = {}
        self._changes: list[Record] = []
        self._snapshots: list[Snapshot] = []
        self._queue: list[tuple[Proposal, asyncio.Future[Sequence[Record]]]] = []
        self._closed = False

    @property
    def head(self) -> int:
        """Position of the newest record, 0 when the log is empty."""
        return len(self._records)

    def append(self, proposal: Proposal) -> asyncio.Future[Sequence[Record]]:
        """Append what `proposal` returns, in one piece, on the next turn of the event loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Sequence[Record]] = loop.create_future()
        if self._closed:
            future.set_exception(Unavailable("log: got an append after close; allowed while it is open"))
            return future
        self._queue.append((proposal, future))
        if len(self._queue) == 1:
            loop.call_soon(self._commit)
        return future

    def _commit(self) -> None:
        queue, self._queue = self._queue, []
        before = len(self._records)
        outcomes: list[list[Record] | Exception] = []
        for proposal, _ in queue:
            try:
                outcomes.append(self._add(proposal))
            except Exception as error:  # noqa: BLE001 - the proposal's own: its future raises it
                outcomes.append(error)
        try:
            if len(self._records) > before:
                self._committed(self._records[before:])
        finally:
            for (_, future), outcome in zip(queue, outcomes, strict=True):
                if future.done():
                    continue
                if isinstance(outcome, Exception):
                    future.set_exception(outcome)
                else:
                    future.set_result(outcome)

    def _add(self, proposal: Proposal) -> list[Record]:
        events: list[AnyEvent] = list(proposal(self._index))
        for event in events:
            encode(event)  # what could not be stored is refused here as well
        self._index.check(events)
        records = [Record(self.head + offset, event) for offset, event in enumerate(events, start=1)]
        for record in records:
            self._index.add(record.event)
            decision = about(record.event)
            if decision is not None:
                self._about.setdefault(decision, []).append(record)
            if isinstance(record.event, Changed):
                self._changes.append(record)
        self._records += records
        return records

    def read(self, after: int, *, limit: int) -> list[Record]:
        """The records that follow position `after`, at most `limit`."""
        return self._records[after : after + limit]

    def history(self, decision: str) -> list[Record]:
        """Every record about a decision, in order; empty when there is none."""
        return list(self._about.get(decision, ()))

    def changes(self, after: int, *, limit: int) -> list[Record]:
        """The changes made by people that follow position `after`, at most `limit`."""
        start = bisect_right(self._changes, after, key=lambda record: record.position)
        return self._changes[start : start + limit]

    async def save(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; drop the oldest beyond what is kept."""
        others = [kept for kept in self._snapshots if kept.position != snapshot.position]
        self._snapshots = sorted([*others, snapshot])[-KEPT_SNAPSHOTS:]

    def newest(self) -> Snapshot | None:
        """The newest snapshot."""
        return self._snapshots[-1] if self._snapshots else None

    async def close(self) -> None:
        """Commit what was appended; refuse what comes after."""
        self._closed = True
        if self._queue:
            self._commit()

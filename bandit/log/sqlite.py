# SPDX-License-Identifier: Apache-2.0
"""The default log: one SQLite database, written in group commits and synced before anyone is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from bandit.errors import SlotwiseError, Unavailable
from bandit.log.base import Proposal, Record, Snapshot
from bandit.log.lock import DirectoryLock
from bandit.log.opening import opened
from bandit.log.reader import Reader
from bandit.log.tail import Outcome, Tail
from bandit.log.writer import Append, Save, Stop, Writer

Committed = Callable[[Sequence[Record]], None]

WAITING = 10_000
GROUP = 512


class SqliteLog:
    """An EventLog with Queries and Snapshots on disk; made by `open`.

    Its methods belong to the event loop that opened it; only `read`, `history`, `changes` and `newest`, which
    read the disk while the caller waits, may be called in any thread.
    """

    def __init__(
        self,
        *,
        tail: Tail,
        reader: Reader,
        lock: DirectoryLock,
        committed: Committed,
        waiting: int,
        group: int,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._tail = tail
        self._reader = reader
        self._lock = lock
        self._committed = committed
        self._head = tail.head
        self._room = waiting
        self._closed = False
        self._writer = Writer(tail, appended=self._from_writer, saved=self._saved_by_writer, group=group)

    @classmethod
    def open(
        cls, path: Path, *, committed: Committed, waiting: int = WAITING, group: int = GROUP
    ) -> SqliteLog:
        """Open the log in a data directory, which is made if it is not there.

        Args:
            path: the data directory; one process may use it.
            committed: see EventLog.
            waiting: most proposals that may wait to be written; appends beyond fail with Unavailable.
            group: most proposals that share a commit.

        Raises:
            Conflict: another process uses the directory.
            Invalid: it cannot be used, or another program or a newer version made the database.
            Damaged: the database lost records in its middle; names the first position that cannot be read.
        """
        lock, tail, reader = opened(path)
        return cls(tail=tail, reader=reader, lock=lock, committed=committed, waiting=waiting, group=group)

    @property
    def head(self) -> int:
        """Position of the newest durable record, 0 when the log is empty."""
        return self._head

    def append(self, proposal: Proposal) -> asyncio.Future[Sequence[Record]]:
        """Append what `proposal` returns, in one piece; done when durable.

        The proposal runs in the writer's thread. Should its group meet an id that the log holds already, the
        group is taken back and each proposal is called again, so that only the one at fault fails.
        """
        future: asyncio.Future[Sequence[Record]] = self._loop.create_future()
        if self._closed:
            future.set_exception(Unavailable("log: got an append after close; allowed while it is open"))
        elif self._room <= 0:
            future.set_exception(
                Unavailable("log: got more to write than may wait; allowed again when some is written")
            )
        else:
            self._room -= 1
            self._writer.put(Append(proposal, future))
        return future

    def _from_writer(self, jobs: list[Append], outcomes: list[Outcome]) -> None:
        self._loop.call_soon_threadsafe(self._deliver, jobs, outcomes)

    def _deliver(self, jobs: list[Append], outcomes: list[Outcome]) -> None:
        self._room += len(jobs)
        records = [record for outcome in outcomes if not isinstance(outcome, Exception) for record in outcome]
        try:
            if records:
                self._head = records[-1].position
                self._committed(records)
        finally:
            # Whatever the fold made of them, the records are durable, and those who wait must hear it.
            for job, outcome in zip(jobs, outcomes, strict=True):
                if job.future.done():
                    continue
                if isinstance(outcome, Exception):
                    job.future.set_exception(outcome)
                else:
                    job.future.set_result(outcome)

    def read(self, after: int, *, limit: int) -> list[Record]:
        """The records that follow position `after`, at most `limit`; raises Damaged at the first bad one."""
        return self._reader.read(after, limit=limit, head=self._head)

    def history(self, decision: str) -> list[Record]:
        """Every record about a decision, in order; empty when there is none."""
        return self._reader.history(decision)

    def changes(self, after: int, *, limit: int) -> list[Record]:
        """The changes made by people that follow position `after`, at most `limit`."""
        return self._reader.changes(after, limit=limit)

    async def save(self, snapshot: Snapshot) -> None:
        """Keep a snapshot durably; drop the oldest beyond what is kept."""
        if self._closed:
            raise Unavailable("log: got a snapshot after close; allowed while it is open")
        future: asyncio.Future[None] = self._loop.create_future()
        self._writer.put(Save(snapshot, future))
        await future

    def _saved_by_writer(self, job: Save, error: SlotwiseError | None) -> None:
        self._loop.call_soon_threadsafe(_resolve, job.future, error)

    def newest(self) -> Snapshot | None:
        """The newest snapshot whose check holds; those passed over are reported in the program's log."""
        return self._reader.newest(head=self._head)

    async def close(self) -> None:
        """Finish what was appended, then release everything; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._writer.put(Stop())
        await asyncio.to_thread(self._release)

    def _release(self) -> None:
        self._writer.join()
        self._reader.close()
        self._tail.close()
        self._lock.release()


def _resolve(future: asyncio.Future[None], error: SlotwiseError | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)

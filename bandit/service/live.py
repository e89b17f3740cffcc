# SPDX-License-Identifier: Apache-2.0
"""The state that is served: what the log adds up to, kept up to date group by group.

Decisions alone are folded in lots. Bringing a model up to date costs about as much for a hundred decisions as
for ten, and a decision that earned nothing yet teaches little; whatever else there is, a reward above all, is
folded at once, and all that came before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from bandit.core.events import AnyEvent, Decided
from bandit.core.fold import Fold
from bandit.core.snapshot import dump, load
from bandit.core.state import State
from bandit.errors import SlotwiseError, Unavailable
from bandit.log.base import NOT_WRITABLE, EventLog, Proposal, Queries, Record, Snapshot, Snapshots

# Decisions wait to be folded until they are so many, or so old.
_LOT = 128
_LAG_S = 0.02

_CHUNK = 5_000
_PROBE_TIMEOUT_S = 2.0
_CALM_S = 5.0

logger = structlog.get_logger(__name__)


class Store(EventLog, Queries, Snapshots, Protocol):
    """All that a process needs of its store."""


OpenStore = Callable[[Callable[[Sequence[Record]], None]], Store]
"""Opens the store, given whom to tell of committed records."""


class Live:
    """A log, and its fold.

    Args:
        open_store: opens the log.
        snapshot_every: records between two snapshots.
    """

    def __init__(self, open_store: OpenStore, *, snapshot_every: int) -> None:
        self._snapshot_every = snapshot_every
        self._waiting: list[Record] = []
        self._timer: asyncio.TimerHandle | None = None
        self._saving: asyncio.Task[None] | None = None
        self._changes = 0
        self._failed_at: float | None = None
        self._probing: asyncio.Future[Sequence[Record]] | None = None
        self._when_settled: Callable[[], None] = lambda: None
        self.log = open_store(self._committed)
        self._fold = Fold(self._restore())
        self._snapshot_at = self.state.position
        self._read_on()

    @property
    def state(self) -> State:
        """What the log adds up to, but for decisions of the last moment. Only events change it."""
        return self._fold.state

    def _restore(self) -> State:
        snapshot = self.log.newest()
        if snapshot is None:
            return State()
        if snapshot.position > self.log.head:
            logger.warning("snapshot_ahead_of_log", position=snapshot.position, head=self.log.head)
            return State()
        try:
            return load(snapshot.data)
        except SlotwiseError as error:
            logger.warning("snapshot_unreadable", position=snapshot.position, reason=str(error))
            return State()

    def _read_on(self) -> None:
        while records := self.log.read(self.state.position, limit=_CHUNK):
            self._fold.apply(records)

    def append(self, proposal: Proposal) -> asyncio.Future[Sequence[Record]]:
        """Append to the log; when the future is done, what was appended is durable.

        It is in the state too, unless it is decisions alone: they are soon.
        """
        future = self.log.append(proposal)
        future.add_done_callback(self._note_outcome)
        return future

    def _note_outcome(self, future: asyncio.Future[Sequence[Record]]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._note(writable=True)
        elif isinstance(error, Unavailable) and error.code == NOT_WRITABLE:
            self._note(writable=False, reason=str(error))

    def _note(self, *, writable: bool, reason: str = "") -> None:
        now = asyncio.get_running_loop().time()
        if not writable:
            if self._failed_at is None:
                logger.error("log_not_writable", reason=reason)
            self._failed_at = now
        elif self._failed_at is not None and now >= self._failed_at + _CALM_S:
            self._failed_at = None
            logger.warning("log_writable_again")

    @property
    def writable(self) -> bool:
        """Whether the log takes what is sent to it; after a failure, once none has followed for a while.

        A disk that is all but full takes one group and refuses the next.
        """
        return self._failed_at is None

    async def probe(self) -> None:
        """Find out whether the log takes anything, also when nobody writes."""
        if self._probing is None or self._probing.done():
            self._probing = self.append(lambda _: ())
        await asyncio.wait([self._probing], timeout=_PROBE_TIMEOUT_S)
        if not self._probing.done():
            self._note(writable=False, reason=f"no answer within {_PROBE_TIMEOUT_S:g} s")
        elif error := self._probing.exception():
            # Nothing was proposed, so it is the log itself that cannot go on.
            self._note(writable=False, reason=str(error))

    @property
    def settled(self) -> bool:
        """Whether the state holds every change that was sent to the log."""
        return self._changes == 0

    def when_settled(self, call: Callable[[], None]) -> None:
        """Call `call` whenever the last change under way has been folded, or has failed."""
        self._when_settled = call

    async def change(self, events: Sequence[AnyEvent]) -> None:
        """Append what a person changed; nothing is decided between sending it to the log and folding it."""
        self._changes += 1
        future = self.append(lambda _: events)
        future.add_done_callback(self._change_done)
        try:
            await asyncio.shield(future)
        except asyncio.CancelledError:
            # What was sent cannot be called back: whoever changes something next must find it folded.
            await asyncio.wait([future])
            raise

    def _change_done(self, _: asyncio.Future[Sequence[Record]]) -> None:
        self._changes -= 1
        if self.settled:
            self._when_settled()

    def _committed(self, records: Sequence[Record]) -> None:
        self._waiting += records
        if len(self._waiting) >= _LOT or not all(self._may_wait(event) for _, event in records):
            self.catch_up()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_LAG_S, self.catch_up)

    def _may_wait(self, event: AnyEvent) -> bool:
        """Whether nobody can tell that an event is folded a little later: caps must see what was shown."""
        return type(event) is Decided and not self.state.caps.any(event.placement)

    def catch_up(self) -> None:
        """Fold what waits to be folded, for who needs the state to the last record."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        self._fold.apply(waiting)
        if self.state.position - self._snapshot_at >= self._snapshot_every and self._saving is None:
            self._snapshot_at = self.state.position
            self._saving = asyncio.get_running_loop().create_task(self._save())

    async def _save(self) -> None:
        try:
            await self.log.save(Snapshot(self.state.position, dump(self.state)))
        except SlotwiseError as error:
            # The log is whole without it; the next one comes in time, and a restart only reads more.
            logger.warning("snapshot_not_saved", reason=str(error))
        finally:
            self._saving = None

    async def close(self) -> None:
        """Save a snapshot of the end, so that the next start reads nothing; a second call does nothing."""
        if self._saving is not None:
            await self._saving
        self.catch_up()
        if self.state.position > self._snapshot_at:
            self._snapshot_at = self.state.position
            await self._save()
        await self.log.close()


def data_files(data_dir: Path) -> tuple[Path, Path]:
    """Where a data directory keeps its log and its secret."""
    return data_dir / "slotwise.db", data_dir / "secret"

# SPDX-License-Identifier: Apache-2.0
"""Services over a log in memory, with a clock that stands still until it is moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bandit.core.codec import decode, encode
from bandit.core.fold import Fold
from bandit.core.snapshot import dump
from bandit.core.state import State
from bandit.log.base import Record
from bandit.log.memory import MemoryLog
from bandit.service import Service
from bandit.service.identity import Identity
from bandit.settings import Settings

ALL: frozenset[str] = frozenset()
ARMS: dict[str, Any] = {"a": {}, "b": {}, "c": {}}


class Clock:
    """Unix seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_780_000_000.0

    def __call__(self) -> float:
        return self.now


class CountedIds(Identity):
    """Ids that count, so that chance is the same on every run."""

    def __init__(self) -> None:
        super().__init__(bytes(32))
        self._numbers = count()

    def decision_id(self, now: float) -> str:
        """The next id."""
        return f"d{next(self._numbers):06}"


class Rig:
    """A service on a clock of its own, whose log outlives it."""

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        self.settings = Settings(data_dir=Path("unused"), **settings)
        self.committed: Callable[[Sequence[Record]], None]
        self._names = CountedIds()
        self.log = MemoryLog(committed=self._tell)
        self.service = self.open()

    def _tell(self, records: Sequence[Record]) -> None:
        self.committed(records)

    def open(self) -> Service:
        """Open a service over the log as it is, as a restart would."""

        def open_store(committed: Callable[[Sequence[Record]], None]) -> Any:
            self.committed = committed
            return self.log

        self.service = Service(self.settings, open_store=open_store, names=self._names, clock=self.clock)
        return self.service

    @property
    def state(self) -> State:
        """What the log adds up to, as the service has it."""
        self.service.live.catch_up()
        return self.service.live.state

    async def put(self, name: str = "home", **data: Any) -> None:
        """Create or replace a placement of three arms."""
        placement = {"context": [], "arms": ARMS, **data}
        await self.service.changes.put_placement(name, placement, by="test", forget=True)

    async def rank(self, **request: Any) -> Any:
        """A decision for a placement, "home" if nothing else is said."""
        placement = request.pop("placement", "home")
        return (await self.service.rank(placement, request.pop("context", {}), **request)).decided

    async def reward(self, posted: Any) -> Any:
        """Post a reward with a key for everything."""
        return await self.service.rewarding.reward(posted, scope=ALL, at=self.clock())

    def refolded(self, *, batch: int = 1_000_000) -> State:
        """The state that the log's bytes add up to, read anew."""
        fold = Fold(State())
        records = [(each.position, decode(encode(each.event))) for each in self.log.read(0, limit=1_000_000)]
        for start in range(0, len(records), batch):
            fold.apply(records[start : start + batch])
        return fold.state

    def check(self) -> bytes:
        """The state's bytes, once they have been found to be those of the log."""
        found = dump(self.state)
        assert found == dump(self.refolded())
        return found


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """A service without placements."""
    made = Rig()
    yield made
    await made.service.close()


@pytest.fixture(scope="session")
def make_rig() -> Callable[..., Rig]:
    """Make rigs with settings of the process."""
    return Rig


@pytest.fixture(scope="session")
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine to its end in a loop of its own, for properties that need many."""
    return asyncio.run

# SPDX-License-Identifier: Apache-2.0
"""Events to write, and the table of logs that the contract tests run on."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bandit.core.events import (
    Activated,
    AnyEvent,
    ArmDeleted,
    Contribution,
    Decided,
    Expired,
    KeyRevoked,
    Rewarded,
)
from bandit.log.base import EventLog, Proposal, Queries, Record, Snapshots
from bandit.log.lock import DirectoryLock
from bandit.log.memory import MemoryLog
from bandit.log.opening import opened
from bandit.log.reader import Reader
from bandit.log.sqlite import SqliteLog
from bandit.log.tail import Tail

JOINED: dict[str, Any] = {
    "placement": "home", "epoch": 1, "made_from": 7, "day": 0, "holdout": False, "learns": True
}  # fmt: skip


class Events:
    """Makes plausible events; each takes what a test cares about and fills in the rest."""

    def decided(self, decision: str, **fields: Any) -> Decided:
        """A decision of two slots, about 1 KB."""
        x = bytes(range(256)) * 3
        rest: dict[str, Any] = {
            "at": 1000.0, "placement": "home", "epoch": 1, "policy": "linucb", "made_from": 7, "user": "u-1",
            "context": {"device.kind": "phone", "weather.temp_c": 7.5}, "arms": ("a", "b", "c"),
            "left_out": {"d": "paused"}, "x": x, "slots": ["b", "a"], "propensities": [0.5, 0.25],
            "scores": [0.3, 0.1], "p": bytes(48), "default": 0.0, "counted": False,
        }  # fmt: skip
        return Decided(decision=decision, **{**rest, **fields})

    def rewarded(self, decision: str, reward_id: str, *, slot: int = 0, **fields: Any) -> Rewarded:
        """A click on a slot."""
        rest: dict[str, Any] = {
            "at": 1010.0, **JOINED,
            "arm": "b", "name": "click", "value": 1.0, "total": 1.0, "units": 1 << 24, "rewards": 1,
            "late": False, "learned": True, "counted": True, "r": 1.0,
            "contribution": self.contribution(slot),
        }  # fmt: skip
        return Rewarded(decision=decision, reward_id=reward_id, slot=slot, **{**rest, **fields})

    def activated(self, decision: str, *, due: float | None = None) -> Activated:
        """An activation without a contribution."""
        return Activated(
            at=1005.0, decision=decision, slots=["b", "a"], user="u-1", contributions=[], due=due, **JOINED
        )

    def expired(self, decision: str, *, slots: tuple[int, ...] = (1,)) -> Expired:
        """The end of the wait, with the slots that count by default."""
        contributions = [self.contribution(slot) for slot in slots]
        return Expired(at=1100.0, decision=decision, contributions=contributions, **JOINED)

    def contribution(self, slot: int) -> Contribution:
        """A first contribution of a slot."""
        return Contribution(
            slot=slot, arm="b", x=b"\1\0\2\0", weight=1.0, change=1.0, reward=1.0, propensity=0.5
        )

    def changed(self, name: str) -> ArmDeleted:
        """A change that a person made."""
        return ArmDeleted(at=1.0, by="key-1", placement="home", name=name)

    def revoked(self, key: str) -> KeyRevoked:
        """Another kind of change."""
        return KeyRevoked(at=2.0, by="key-1", id=key)

    def just(self, *events: AnyEvent) -> Proposal:
        """A proposal that looks nothing up."""
        return lambda _: events


class AnyLog(EventLog, Queries, Snapshots):
    """All that a log for the service has to do."""


Committed = Callable[[Sequence[Record]], None]

LOGS: dict[str, Callable[[Path, Committed], Any]] = {
    "memory": lambda _, committed: MemoryLog(committed=committed),
    "sqlite": lambda path, committed: SqliteLog.open(path, committed=committed),
}


@pytest.fixture(scope="session")
def events() -> Events:
    """A maker of events."""
    return Events()


class Files:
    """Writes databases, copies them as a crash would leave them, damages them and opens them again."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def write(self, directory: Path, groups: Sequence[Sequence[AnyEvent]], *, crash_in: Path) -> list[int]:
        """Commit `groups`, copy the files to `crash_in`; return the write-ahead log's size after each."""
        lock, tail, reader = opened(directory)
        sizes = []
        for group in groups:
            outcomes = tail.commit([self._events.just(*group)])
            assert not isinstance(outcomes[0], Exception)
            sizes.append((directory / "slotwise.db-wal").stat().st_size)
        self.copy(directory, crash_in)
        self._close(lock, tail, reader)
        return sizes

    def copy(self, directory: Path, to: Path) -> Path:
        """Copy the database and its write-ahead log, without what a crash would lose."""
        to.mkdir(exist_ok=True)
        for name in ("slotwise.db", "slotwise.db-wal"):
            if (directory / name).exists():
                shutil.copyfile(directory / name, to / name)
        return to

    def read(self, directory: Path) -> list[AnyEvent]:
        """Open a log as a server would and return all its events."""
        lock, tail, reader = opened(directory)
        try:
            return [record.event for record in reader.read(0, limit=10_000, head=tail.head)]
        finally:
            self._close(lock, tail, reader)

    def _close(self, lock: DirectoryLock, tail: Tail, reader: Reader) -> None:
        reader.close()
        tail.close()
        lock.release()


@pytest.fixture(scope="session")
def files(events: Events) -> Files:
    """A maker of damaged files."""
    return Files(events)


@pytest.fixture
def told() -> list[Sequence[Record]]:
    """The groups that the log under test said it had committed."""
    return []


@pytest.fixture(params=LOGS)
async def log(
    request: pytest.FixtureRequest, tmp_path: Path, told: list[Sequence[Record]]
) -> AsyncIterator[AnyLog]:
    """Each log of the table, empty."""
    log = LOGS[request.param](tmp_path / "data", told.append)
    yield log
    await log.close()

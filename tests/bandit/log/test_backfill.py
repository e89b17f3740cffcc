# SPDX-License-Identifier: Apache-2.0
"""The write-ahead log goes into the database beside the writer, and stays short however long one writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bandit.core.events import Decided
from bandit.log import backfill
from bandit.log.schema import FILE, create, readable
from bandit.log.tail import Tail

Decide = Callable[[str], Decided]


@pytest.fixture
def decide(events: Any) -> Decide:
    """Makes a decision of about 1 KB by id."""
    made: Decide = events.decided
    return made


@pytest.fixture
def tail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tail]:
    """The growing end of an empty log, which copies after every 50 KB."""
    monkeypatch.setattr(backfill, "EVERY_BYTES", 50_000)
    monkeypatch.setattr(backfill, "EVERY_S", 0.0)
    create(tmp_path / FILE)
    tail = Tail(tmp_path / FILE)
    yield tail
    tail.close()


def commit(tail: Tail, *, first: int, last: int, decide: Decide) -> None:
    """Commit decisions one by one."""
    for number in range(first, last):
        event = decide(f"d-{number:06d}")
        assert tail.commit([lambda _, event=event: [event]])[0][0].position == number + 1  # type: ignore[index, misc]


def test_write_ahead_log_stays_short(tail: Tail, tmp_path: Path, decide: Decide) -> None:
    """However many commits follow each other, it holds a few copies at most; all records are in place."""
    commit(tail, first=0, last=200, decide=decide)
    wal = (tmp_path / f"{FILE}-wal").stat().st_size
    commit(tail, first=200, last=1_000, decide=decide)
    assert (tmp_path / f"{FILE}-wal").stat().st_size < 4 * wal
    with closing(readable(tmp_path / FILE)) as connection:
        assert connection.execute("SELECT count(*), max(position) FROM log").fetchone() == (1_000, 1_000)


def test_disk_that_fails_to_copy_fails_no_commit(
    tail: Tail, tmp_path: Path, decide: Decide, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be copied stays in the write-ahead log, as durable as ever; the next copy takes it."""

    def full(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(backfill, "writable", full)
    commit(tail, first=0, last=200, decide=decide)
    monkeypatch.undo()
    commit(tail, first=200, last=400, decide=decide)
    tail.close()
    assert not (tmp_path / f"{FILE}-wal").exists()
    with closing(readable(tmp_path / FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM log").fetchone() == (400,)

# SPDX-License-Identifier: Apache-2.0
"""Verifying a data directory: records, index and snapshots against each other."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bandit.core.events import AnyEvent
from bandit.errors import Damaged, NotFound
from bandit.log.base import Lookups, Record, Snapshot
from bandit.log.sqlite import SqliteLog
from bandit.log.verify import verify


@pytest.fixture
async def written(events: Any, tmp_path: Path) -> list[AnyEvent]:
    """A closed log with every kind of index entry and snapshots at 0, 3 and 7."""
    log = SqliteLog.open(tmp_path, committed=lambda _: None)
    decisions = [events.decided(f"d{n}", due=50.0 if n == 2 else None) for n in range(4)]
    others = [events.rewarded("d0", "r"), events.activated("d1"), events.expired("d1"), events.changed("a")]
    await log.append(events.just(*decisions, *others))
    for position in (0, 3, 7):
        await log.save(Snapshot(position, b"%d" % position))
    await log.close()
    return [*decisions, *others]


def change(path: Path, statement: str) -> None:
    """Change a row behind the log's back."""
    with sqlite3.connect(path / "slotwise.db") as connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()


def test_a_sound_log_is_sound(written: list[AnyEvent], tmp_path: Path) -> None:
    """All records and snapshots are counted and nothing is wrong."""
    report = verify(tmp_path)
    assert (report.sound, report.live, report.records, report.snapshots) == (True, False, 8, 3)


@pytest.mark.parametrize(
    ("statement", "part", "position"),
    [
        ("DELETE FROM decisions WHERE decision = 'd3'", "index", 4),
        ("UPDATE decisions SET position = 3 WHERE decision = 'd1'", "index", 2),
        ("INSERT INTO decisions VALUES ('ghost', 1)", "index", 1),
        ("DELETE FROM rewards", "index", 5),
        ("DELETE FROM activations", "index", 6),
        ("DELETE FROM expirations", "index", 7),
        ("DELETE FROM touched WHERE decision = 'd0'", "index", 5),
        ("DELETE FROM waiting", "index", None),
        ("UPDATE waiting SET due = 51", "index", None),
        ("DELETE FROM changes", "index", 8),
        ("DELETE FROM log WHERE position = 3", "log", 3),
        ("UPDATE log SET payload = payload || x'00' WHERE position = 6", "log", 6),
        ("UPDATE log SET chain = zeroblob(16) WHERE position = 1", "log", 1),
        ("UPDATE log SET position = 80 WHERE position = 8", "log", 8),
        ("UPDATE snapshots SET data = 'x' WHERE position = 3", "snapshot", 3),
        ("UPDATE snapshots SET position = 6 WHERE position = 7", "snapshot", 6),
    ],
)
def test_what_was_changed_is_named(
    written: list[AnyEvent], tmp_path: Path, statement: str, part: str, position: int | None
) -> None:
    """Any row that is missing, changed or too many is a problem of its part, with its position."""
    change(tmp_path, statement)
    problem = verify(tmp_path).problems[0]
    assert (problem.part, problem.position) == (part, position)


@pytest.mark.parametrize(
    ("statement", "look"),
    [
        ("UPDATE decisions SET position = 3 WHERE decision = 'd1'", lambda held: held.find("d1")),
        ("UPDATE decisions SET position = 99 WHERE decision = 'd1'", lambda held: held.find("d1")),
        ("UPDATE rewards SET position = 6", lambda held: held.rewarded("d0", "r")),
        ("DELETE FROM log WHERE position = 4", lambda held: held.find("d3")),
    ],
)
async def test_a_wrong_index_is_not_believed(
    written: list[AnyEvent], tmp_path: Path, statement: str, look: Callable[[Lookups], Any]
) -> None:
    """A lookup that leads to another record, or to none, is damage: it never answers with what is there."""
    change(tmp_path, statement)
    log = SqliteLog.open(tmp_path, committed=lambda _: None)
    with pytest.raises(Damaged):
        await log.append(lambda held: [look(held)])
    await log.close()


def test_the_newest_record_cannot_vanish_unseen(written: list[AnyEvent], tmp_path: Path) -> None:
    """A log that lost its end still has index entries for it."""
    change(tmp_path, "DELETE FROM log WHERE position = 8")
    assert [(problem.part, problem.position) for problem in verify(tmp_path).problems] == [("index", 8)]


def test_records_are_visited_up_to_each_snapshot(written: list[AnyEvent], tmp_path: Path) -> None:
    """A judge sees each snapshot when exactly the records up to its position have been visited."""
    visited: list[Record] = []
    seen: list[tuple[int, int]] = []

    def judge(snapshot: Snapshot) -> str | None:
        seen.append((snapshot.position, len(visited)))
        return "differs from a refold" if snapshot.position == 3 else None

    report = verify(tmp_path, visit=visited.extend, judge=judge)
    assert seen == [(0, 0), (3, 3), (7, 7)]
    assert [record.event for record in visited] == written
    assert [(one.part, one.position, one.what) for one in report.problems] == [
        ("snapshot", 3, "differs from a refold")
    ]


async def test_a_log_in_use_can_be_verified(events: Any, tmp_path: Path) -> None:
    """Beside a running log, verify sees what has been committed and says that the log is live."""
    log = SqliteLog.open(tmp_path, committed=lambda _: None)
    await log.append(events.just(events.decided("d")))
    report = verify(tmp_path)
    await log.append(events.just(events.decided("e")))
    await log.close()
    assert (report.live, report.records, report.problems) == (True, 1, [])


def test_a_directory_without_a_log_is_refused(tmp_path: Path) -> None:
    """Where there is no database there is nothing to verify, and nothing is made."""
    with pytest.raises(NotFound, match="which holds no log"):
        verify(tmp_path)
    assert list(tmp_path.iterdir()) == []

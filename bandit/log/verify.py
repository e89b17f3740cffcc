# SPDX-License-Identifier: Apache-2.0
"""Checks a whole data directory: every record, the index against the records, every snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from bandit.errors import Conflict, Damaged, NotFound
from bandit.log import snapshots
from bandit.log.base import Record, Snapshot
from bandit.log.datafile import DataFile
from bandit.log.faults import translated
from bandit.log.lock import DirectoryLock
from bandit.log.opening import newest_readable
from bandit.log.schema import FILE, INDEX_TABLES, check, create_index, readable
from bandit.log.wal import scan
from bandit.log.walk import walk, write_index

Visit = Callable[[Sequence[Record]], None]
Judge = Callable[[Snapshot], str | None]


@dataclass(frozen=True)
class Problem:
    """Something that fails its check.

    Args:
        part: "log", "index", "snapshot" or "secret".
        position: the first bad one, None if the problem has no place.
    """

    part: str
    position: int | None
    what: str


@dataclass
class Report:
    """What a check found.

    Args:
        records: good records from the first on; snapshots: good ones.
        live: another process was using the log, so its write-ahead log was taken as that process sees it.
    """

    records: int = 0
    snapshots: int = 0
    live: bool = False
    problems: list[Problem] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


def verify(directory: Path, *, visit: Visit | None = None, judge: Judge | None = None) -> Report:
    """Check a data directory; changes no data, and may run beside a server.

    Args:
        visit: handed the records in order, in parts.
        judge: called with each snapshot when the records up to its position have been visited; says what is
            wrong with it, or None.

    Raises:
        NotFound: there is no log.
        Invalid: another program or a newer version made it.
    """
    path = directory / FILE
    if not path.exists():
        raise NotFound(
            f"data directory: got {directory}, which holds no log; allowed one that a server has used"
        )
    report = Report()
    with ExitStack() as stack, translated():
        try:
            stack.callback(DirectoryLock(directory).release)
            report.problems += _files(path)
        except Conflict:
            report.live = True
        connection = stack.enter_context(closing(readable(path)))
        try:
            check(connection, path=path)
            connection.execute("BEGIN")
            _snapshots_and_records(connection, report, visit or (lambda _: None), judge or (lambda _: None))
            if report.sound:
                report.problems += _index(connection)
        except (Damaged, sqlite3.DatabaseError) as error:
            report.problems.append(Problem("log", getattr(error, "position", None), str(error)))
    return report


def _files(path: Path) -> Iterator[Problem]:
    wal_path = Path(f"{path}-wal")
    wal = scan(wal_path)
    if wal.damaged:
        yield Problem(
            "log", newest_readable(path) + 1, "bad bytes in the write-ahead log before its last transaction"
        )
    with DataFile(path, wal_path=wal_path, wal=wal) as file:
        if file.cut_short():
            yield Problem(
                "log", None, "the file was cut short; the next start keeps the records that can be read"
            )


def _snapshots_and_records(
    connection: sqlite3.Connection, report: Report, visit: Visit, judge: Judge
) -> None:
    head = connection.execute("SELECT coalesce(max(position), 0) FROM log").fetchone()[0]
    waiting: list[Snapshot] = []
    for position in snapshots.positions(connection):
        try:
            waiting.append(snapshots.load(connection, position, head=head))
        except Damaged as error:
            report.problems.append(Problem("snapshot", position, error.message))
    create_index(connection, schema="temp")
    for records in walk(connection):
        write_index(connection, records, schema="temp")
        start = 0
        while waiting and waiting[-1].position <= records[-1].position:
            end = waiting[-1].position - report.records
            visit(records[start:end])
            start = end
            _judge(waiting.pop(), report, judge)
        visit(records[start:])
        report.records = records[-1].position
    for snapshot in reversed(waiting):
        _judge(snapshot, report, judge)


def _judge(snapshot: Snapshot, report: Report, judge: Judge) -> None:
    wrong = judge(snapshot)
    if wrong is None:
        report.snapshots += 1
    else:
        report.problems.append(Problem("snapshot", snapshot.position, wrong))


def _index(connection: sqlite3.Connection) -> Iterator[Problem]:
    for table in INDEX_TABLES:
        for left, right, what in (("temp", "main", "lacks"), ("main", "temp", "has, and should not have,")):
            rows = f"SELECT * FROM {left}.{table} EXCEPT SELECT * FROM {right}.{table}"  # noqa: S608
            counted = f"SELECT count(*), min({_key(table)}) FROM ({rows})"  # noqa: S608
            count, position = connection.execute(counted).fetchone()
            if count:
                yield Problem("index", position, f"{table} {what} {count} of its rows")
    for (line,) in connection.execute("PRAGMA main.integrity_check(3)"):
        if line != "ok":
            yield Problem("index", None, line)


def _key(table: str) -> str:
    return "NULL" if table == "waiting" else "position"

# SPDX-License-Identifier: Apache-2.0
"""Saves what can be read of a database file that was cut short.

Every step can be interrupted and is taken up by the next start: the new file is built and synced under one
name, takes a second name when it is whole, and only then are the damaged files moved aside.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from itertools import count
from pathlib import Path

import structlog

from bandit.errors import Damaged
from bandit.log.datafile import DataFile
from bandit.log.pages import log_rows
from bandit.log.schema import FILE, create, writable
from bandit.log.walk import walk, write_index

_WHOLE = f"{FILE}.salvaged"
_BUILDING = f"{FILE}.new"
_BATCH = 1000

_report = structlog.get_logger(__name__)


def salvage(directory: Path, *, file: DataFile) -> None:
    """Put a database with the longest chain of records that can be read in place of the damaged one."""
    building = created(directory)
    connection = writable(building)
    try:
        _gather(connection, file)
        kept = _keep_prefix(connection)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.close()
    building.replace(directory / _WHOLE)
    sync(directory)
    aside = finish(directory)
    _report.warning(
        "database cut short; kept the records that can be read",
        last_position=kept,
        damaged_file=str(aside),
    )


def created(directory: Path) -> Path:
    """A new empty database under a name that no log is opened by."""
    building = directory / _BUILDING
    remove(building)
    create(building)
    return building


def finish(directory: Path) -> Path | None:
    """Move damaged files aside and a whole new one into their place, if a salvage got as far as that."""
    whole = directory / _WHOLE
    if not whole.exists():
        return None
    aside = next(path for n in count(1) if not (path := directory / f"{FILE}.damaged-{n}").exists())
    for suffix in ("-wal", ""):
        if (damaged := directory / f"{FILE}{suffix}").exists():
            damaged.replace(f"{aside}{suffix}")
    (directory / f"{FILE}-shm").unlink(missing_ok=True)
    sync(directory)
    whole.replace(directory / FILE)
    sync(directory)
    return aside


def _gather(connection: sqlite3.Connection, file: DataFile) -> None:
    for number in range(1, file.last + 1):
        if number % _BATCH == 1:
            connection.execute("BEGIN")
        rows = list(log_rows(number, fetch=file.page))
        connection.executemany("INSERT OR IGNORE INTO log VALUES (?, ?, ?)", rows)
        if number % _BATCH == 0 or number == file.last:
            connection.execute("COMMIT")


def _keep_prefix(connection: sqlite3.Connection) -> int:
    kept = 0
    with suppress(Damaged):
        for records in walk(connection):
            write_index(connection, records)
            kept = records[-1].position
    connection.execute("DELETE FROM log WHERE position > ?", (kept,))
    return kept


def remove(path: Path) -> None:
    """Remove a database and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def sync(directory: Path) -> None:
    """Make renames in a directory durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

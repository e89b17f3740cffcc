# SPDX-License-Identifier: Apache-2.0
"""The tables of the SQLite log, and how its database file is opened.

The table `log` is the truth. The others, except `snapshots`, hold only ids and positions and can be rebuilt.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bandit.errors import Invalid, Unavailable
from bandit.log.modes import make_file

FILE = "slotwise.db"
SCHEMA = 1
APPLICATION = 0x736C6F74  # "slot", in the file's header
# Twice the usual page, and a quarter of the usual pages before they are copied from the write-ahead log:
# half the writes, and ranks wait less for one copy.
PAGE_BYTES = 8192
WAL_PAGES = 250
WAL_LIMIT_BYTES = 64 * 2**20

LOG = "CREATE TABLE log (position INTEGER PRIMARY KEY, payload BLOB NOT NULL, chain BLOB NOT NULL)"
SNAPSHOTS = "CREATE TABLE snapshots (position INTEGER PRIMARY KEY, data BLOB NOT NULL, sha256 BLOB NOT NULL)"

# An id's type is not declared: `reward_id` holds the position instead when a reward has none.
INDEX_TABLES = {
    "decisions": "decision PRIMARY KEY, position INTEGER NOT NULL",
    "activations": "decision PRIMARY KEY, position INTEGER NOT NULL",
    "expirations": "decision PRIMARY KEY, position INTEGER NOT NULL",
    "rewards": "decision, reward_id, position INTEGER NOT NULL, PRIMARY KEY (decision, reward_id)",
    "touched": "decision, slot INTEGER, position INTEGER NOT NULL, PRIMARY KEY (decision, slot)",
    "waiting": "decision PRIMARY KEY, due REAL NOT NULL",
    "changes": "position INTEGER PRIMARY KEY",
}


def create_index(connection: sqlite3.Connection, *, schema: str = "main") -> None:
    """Make the index tables, empty."""
    for table, columns in INDEX_TABLES.items():
        connection.execute(f"CREATE TABLE {schema}.{table} ({columns}) WITHOUT ROWID")
    connection.execute(f"CREATE INDEX {schema}.waiting_by_due ON waiting (due, decision)")


def create(path: Path) -> None:
    """Make a database with empty tables, whole and synced."""
    os.close(make_file(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(LOG)
        connection.execute(SNAPSHOTS)
        create_index(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {SCHEMA}")
        connection.execute("COMMIT")
        # Closing would do this too, and keep silent about an error.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def writable(path: Path) -> sqlite3.Connection:
    """Open the database for the writer, synced at every commit."""
    connection = _connect(path, mode="rw")
    try:
        check(connection, path=path)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT_BYTES}")
    except BaseException:
        connection.close()
        raise
    return connection


def readable(path: Path) -> sqlite3.Connection:
    """Open the database for reading beside the writer."""
    return _connect(path, mode="ro")


def _use_wal(connection: sqlite3.Connection) -> None:
    # SQLite stays in another mode without an error when the disk refuses the change.
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise Unavailable(f"database: got journal mode {mode}; allowed wal, which needs a disk that works")


def _connect(path: Path, *, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=512
    )


def check(connection: sqlite3.Connection, *, path: Path) -> None:
    """Refuse a database that is not ours or that a newer version made."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION:
        raise Invalid(f"database: got {path}, made by another program; allowed a database of slotwise")
    schema = connection.execute("PRAGMA user_version").fetchone()[0]
    if not 1 <= schema <= SCHEMA:
        raise Invalid(
            f"database: got {path} with schema {schema}, made by a newer version; allowed 1 to {SCHEMA}"
        )

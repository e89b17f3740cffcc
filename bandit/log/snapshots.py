# SPDX-License-Identifier: Apache-2.0
"""Snapshots in the SQLite log's database, each under a checksum of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import sha256

import structlog

from bandit.errors import Damaged
from bandit.log.base import Snapshot
from bandit.log.faults import translated

KEPT = 3

_report = structlog.get_logger(__name__)


def digest(snapshot: Snapshot) -> bytes:
    """What is stored beside a snapshot to check it by."""
    return sha256(snapshot.position.to_bytes(8, "big") + snapshot.data).digest()


def keep(connection: sqlite3.Connection, snapshot: Snapshot) -> None:
    """Store a snapshot durably and drop the oldest beyond what is kept."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("REPLACE INTO snapshots VALUES (?, ?, ?)", (*snapshot, digest(snapshot)))
        connection.execute(
            "DELETE FROM snapshots WHERE position NOT IN"
            " (SELECT position FROM snapshots ORDER BY position DESC LIMIT ?)",
            (KEPT,),
        )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def load(connection: sqlite3.Connection, position: int, *, head: int) -> Snapshot:
    """Read one snapshot; raises Damaged if its check fails or the log ends before it."""
    with translated(position=position):
        row = connection.execute(
            "SELECT data, sha256 FROM snapshots WHERE position = ?", (position,)
        ).fetchone()
    if row is None or not isinstance(row[0], bytes) or digest(Snapshot(position, row[0])) != row[1]:
        raise Damaged(f"snapshot {position}: got bytes that fail their check", position=position)
    if position > head:
        raise Damaged(
            f"snapshot {position}: got a log that ends at {head}; allowed one that reaches it",
            position=position,
        )
    return Snapshot(position, row[0])


def positions(connection: sqlite3.Connection) -> Iterator[int]:
    """Where snapshots were taken, newest first."""
    with translated():
        rows = connection.execute("SELECT position FROM snapshots ORDER BY position DESC").fetchall()
    return (position for (position,) in rows)


def newest(connection: sqlite3.Connection, *, head: int) -> Snapshot | None:
    """The newest snapshot whose check holds; reports those passed over."""
    try:
        for position in positions(connection):
            try:
                return load(connection, position, head=head)
            except Damaged as error:
                _report.warning("snapshot passed over", position=position, error=error.message)
    except Damaged as error:
        _report.warning("snapshots cannot be read", error=error.message)
    return None

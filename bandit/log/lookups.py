# SPDX-License-Identifier: Apache-2.0
"""Finds records in the SQLite log through its index tables, and checks each against the hash chain."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from bandit.core.events import Activated, Decided, Expired, Rewarded
from bandit.errors import Damaged
from bandit.log.base import Found, Record
from bandit.log.chain import ORIGIN, Row, checked
from bandit.log.faults import translated
from bandit.log.index import Key

# `{}` selects (tag, position); a record that is missing comes out with NULLs, and fails its check.
_RECORDS = (
    "SELECT i.tag, i.position, l.payload, l.chain, b.chain FROM ({}) i"
    " LEFT JOIN log l ON l.position = i.position LEFT JOIN log b ON b.position = i.position - 1"
)
_FIND = _RECORDS.format(
    "SELECT -1 AS tag, position FROM decisions WHERE decision = ?"
    " UNION ALL SELECT -1, position FROM activations WHERE decision = ?"
    " UNION ALL SELECT slot, position FROM touched WHERE decision = ?"
)
_REWARDED = _RECORDS.format("SELECT 0 AS tag, position FROM rewards WHERE decision = ? AND reward_id = ?")
_HISTORY = _RECORDS.format(
    "SELECT 0 AS tag, position FROM decisions WHERE decision = ?"
    " UNION ALL SELECT 0, position FROM activations WHERE decision = ?"
    " UNION ALL SELECT 0, position FROM expirations WHERE decision = ?"
    " UNION ALL SELECT 0, position FROM rewards WHERE decision = ?"
)
_CHANGES = _RECORDS.format(
    "SELECT 0 AS tag, position FROM changes WHERE position > ? ORDER BY position LIMIT ?"
)
_DUE = "SELECT due, decision FROM waiting WHERE due < ? ORDER BY due, decision LIMIT ?"
_TAIL = "SELECT position, payload, chain FROM log WHERE position >= ? ORDER BY position LIMIT ?"
_HOLDS = {
    "decision": "SELECT 1 FROM decisions WHERE decision = ?",
    "activation": "SELECT 1 FROM activations WHERE decision = ?",
    "expiry": "SELECT 1 FROM expirations WHERE decision = ?",
    "reward": "SELECT 1 FROM rewards WHERE decision = ? AND reward_id = ?",
}


def _records(connection: sqlite3.Connection, sql: str, *values: Any) -> Iterator[tuple[int, Record]]:
    with translated():
        rows = connection.execute(sql, values).fetchall()
    for tag, position, payload, chain, before in rows:
        yield tag, checked(Row(position, payload, chain), before=ORIGIN if position == 1 else before)


def _position(record: Record) -> int:
    return record.position


def find(connection: sqlite3.Connection, decision: str) -> Found | None:
    """Look a decision up by id."""
    decided: Decided | None = None
    activated: Activated | None = None
    slots: dict[int, Rewarded | Expired | Activated] = {}
    for tag, (position, event) in _records(connection, _FIND, *[decision] * 3):
        if getattr(event, "decision", None) != decision:
            raise Damaged(f"index: got record {position} for decision {decision!r}; allowed one about it")
        if isinstance(event, Decided):
            decided = event
        elif tag < 0 and isinstance(event, Activated):
            activated = event
        elif isinstance(event, Rewarded | Expired | Activated):
            slots[tag] = event
    return None if decided is None else Found(decided, activated, slots)


def rewarded(connection: sqlite3.Connection, decision: str, reward_id: str) -> Rewarded | None:
    """Look an accepted reward up by its id."""
    for _, (position, event) in _records(connection, _REWARDED, decision, reward_id):
        if not isinstance(event, Rewarded) or (event.decision, event.reward_id) != (decision, reward_id):
            raise Damaged(f"index: got record {position} for reward {reward_id!r}; allowed that reward")
        return event
    return None


def holds(connection: sqlite3.Connection, key: Key) -> bool:
    """Whether an event of this identity is in the log."""
    with translated():
        return connection.execute(_HOLDS[key[0]], key[1:]).fetchone() is not None


def waiting(connection: sqlite3.Connection, now: float, *, limit: int) -> list[tuple[float, str]]:
    """When the wait was over and of which decision, where that was before `now`, oldest first."""
    with translated():
        return connection.execute(_DUE, (now, limit)).fetchall()


def history(connection: sqlite3.Connection, decision: str) -> list[Record]:
    """Every record about a decision, in order."""
    return sorted((record for _, record in _records(connection, _HISTORY, *[decision] * 4)), key=_position)


def changes(connection: sqlite3.Connection, after: int, *, limit: int) -> list[Record]:
    """The changes made by people that follow position `after`, at most `limit`."""
    return sorted((record for _, record in _records(connection, _CHANGES, after, limit)), key=_position)


def rows_from(connection: sqlite3.Connection, position: int, *, limit: int) -> Iterator[Row]:
    """The rows from `position` on, as they are stored; raises Damaged where SQLite cannot read on."""
    expected = position
    try:
        for row in connection.execute(_TAIL, (position, limit)):
            yield Row(*row)
            expected = row[0] + 1
    except sqlite3.Error as error:
        with translated(position=expected):
            raise error

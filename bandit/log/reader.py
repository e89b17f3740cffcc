# SPDX-License-Identifier: Apache-2.0
"""Reads the SQLite log beside its writer, over a connection that cannot write."""

from __future__ import annotations

import sqlite3
from itertools import pairwise
from pathlib import Path
from threading import Lock

from bandit.errors import Damaged
from bandit.log import lookups
from bandit.log.base import Record, Snapshot
from bandit.log.chain import ORIGIN, Row, checked
from bandit.log.schema import readable
from bandit.log.snapshots import newest


class Reader:
    """May be used from any thread; reads wait for each other, never for the writer."""

    def __init__(self, path: Path) -> None:
        self._connection: sqlite3.Connection = readable(path)
        self._lock = Lock()

    def read(self, after: int, *, limit: int, head: int) -> list[Record]:
        """At most `limit` records after position `after` up to `head`; raises Damaged at the first bad."""
        count = min(limit, head - after)
        if count <= 0:
            return []
        with self._lock:
            rows = (
                list(lookups.rows_from(self._connection, after, limit=count + 1))
                if after
                else self._first(count)
            )
        records = []
        for expected, (before, row) in enumerate(pairwise(rows), start=after + 1):
            if (before.position, row.position) != (expected - 1, expected):
                raise _missing(expected)
            records.append(self._checked(row, before=before))
        if len(records) < count:
            raise _missing(after + len(records) + 1)
        return records

    def _first(self, count: int) -> list[Row]:
        return [Row(0, b"", ORIGIN), *lookups.rows_from(self._connection, 1, limit=count)]

    def _checked(self, row: Row, *, before: Row) -> Record:
        return checked(row, before=before.chain)

    def history(self, decision: str) -> list[Record]:
        """Every record about a decision, in order; empty when there is none."""
        with self._lock:
            return lookups.history(self._connection, decision)

    def changes(self, after: int, *, limit: int) -> list[Record]:
        """The changes made by people that follow position `after`, at most `limit`."""
        with self._lock:
            return lookups.changes(self._connection, after, limit=limit)

    def newest(self, *, head: int) -> Snapshot | None:
        """The newest snapshot whose check holds."""
        with self._lock:
            return newest(self._connection, head=head)

    def close(self) -> None:
        """Release the connection."""
        with self._lock:
            self._connection.close()


def _missing(position: int) -> Damaged:
    return Damaged(f"record {position}: got none; allowed a record at each position", position=position)

# SPDX-License-Identifier: Apache-2.0
"""Reads the SQLite log beside its writer, over a connection that cannot write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from bandit.errors import Damaged
from bandit.log import lookups
from bandit.log.base import Record, Snapshot
from bandit.log.chain import ORIGIN, Row, follow, missing
from bandit.log.schema import readable
from bandit.log.snapshots import newest


class Reader:
    """May be used from any thread; reads wait for each other, never for the writer."""

    def __init__(self, path: Path) -> None:
        self._connection: sqlite3.Connection = readable(path)
        # A connection that has read keeps SQLite's index of the write-ahead log while the writer reopens:
        # built anew, the index would bring back a group that was refused after a failed sync.
        lookups.waiting(self._connection, 0.0, limit=1)
        self._lock = Lock()

    def read(self, after: int, *, limit: int, head: int) -> list[Record]:
        """At most `limit` records after position `after` up to `head`; raises Damaged at the first bad."""
        count = min(limit, head - after)
        if count <= 0:
            return []
        with self._lock:
            rows = lookups.rows_from(self._connection, after, limit=count + 1)
            chain = ORIGIN
            if after:
                first = next(rows, None)
                if first is None or first.position != after:
                    raise missing(after)
                chain = first.chain
            found = list(self._follow(rows, after=after, chain=chain))[:count]
        if len(found) < count:
            raise missing(after + len(found) + 1)
        return found

    def _follow(self, rows: Iterator[Row], *, after: int, chain: bytes) -> Iterator[Record]:
        try:
            for record, _ in follow(rows, after=after, chain=chain):
                yield record
        except Damaged as error:
            if error.position == after + 1 and after:
                # It may be the record before that lost its link: then that one is the first bad one.
                before = list(lookups.rows_from(self._connection, after - 1, limit=2))
                seed = before[0].chain if after > 1 else ORIGIN
                list(follow(before[-1:], after=after - 1, chain=seed))
            raise

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

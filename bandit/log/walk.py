# SPDX-License-Identifier: Apache-2.0
"""Goes through the whole log from its first record, and indexes what it finds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from bandit.errors import Damaged
from bandit.log.base import Record
from bandit.log.chain import ORIGIN, follow
from bandit.log.lookups import rows_from
from bandit.log.transaction import Rows

_BATCH = 1000


def walk(connection: sqlite3.Connection) -> Iterator[list[Record]]:
    """All records in order, in batches; raises Damaged after those before the first bad one."""
    after, chain = 0, ORIGIN
    while True:
        batch: list[Record] = []
        rows = rows_from(connection, after + 1, limit=_BATCH)
        try:
            for record, link in follow(rows, after=after, chain=chain):
                batch.append(record)
                chain = link
        except Damaged:
            if batch:
                yield batch
            raise
        if not batch:
            return
        yield batch
        after = batch[-1].position


def write_index(connection: sqlite3.Connection, records: Sequence[Record], *, schema: str = "main") -> None:
    """Index records, in a transaction if the caller has none."""
    rows = Rows()
    for record in records:
        rows.add(record.event, position=record.position)
    alone = not connection.in_transaction
    if alone:
        connection.execute("BEGIN")
    rows.write(connection, schema=schema)
    if alone:
        connection.execute("COMMIT")

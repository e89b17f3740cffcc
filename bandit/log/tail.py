# SPDX-License-Identifier: Apache-2.0
"""The growing end of the SQLite log: commits groups, and comes back from a disk that fails."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from bandit.errors import Damaged
from bandit.log.base import Proposal, Record, Snapshot
from bandit.log.chain import ORIGIN, Row, checked
from bandit.log.faults import translate
from bandit.log.schema import SCHEMA, writable
from bandit.log.snapshots import keep
from bandit.log.transaction import Transaction

_NEWEST = "SELECT position, payload, chain FROM log ORDER BY position DESC LIMIT 2"

Outcome = Sequence[Record] | Exception

_report = structlog.get_logger(__name__)


class Tail:
    """Used by one thread at a time; only it writes to the database.

    Args:
        path: the database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        connection, row = self._opened()
        self.head, self._chain = (row.position, row.chain) if row else (0, ORIGIN)
        self._connection: sqlite3.Connection | None = connection
        try:
            settle(connection)
        except sqlite3.OperationalError as error:
            # A full disk must not keep a server from starting: what is committed can be read as it is.
            _report.warning("write-ahead log not moved into the database", error=str(error))

    def _opened(self) -> tuple[sqlite3.Connection, Row | None]:
        connection = writable(self._path)
        try:
            rows = [Row(*row) for row in connection.execute(_NEWEST)]
            if rows:
                before = ORIGIN if rows[0].position == 1 else rows[1].chain if len(rows) > 1 else None
                checked(rows[0], before=before)
        except BaseException:
            connection.close()
            raise
        return connection, rows[0] if rows else None

    def _ready(self) -> sqlite3.Connection:
        if self._connection is None:
            connection, row = self._opened()
            try:
                settle(connection)
                # The same number again is a page to write and sync: even an append of nothing tries the disk.
                connection.execute(f"PRAGMA user_version = {SCHEMA}")
                if (row.position if row else 0) != self.head:
                    raise Damaged(
                        f"log: got another head than {self.head} after a failed write; restart to use it"
                    )
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def commit(self, proposals: Sequence[Proposal]) -> list[Outcome]:
        """Run proposals in one transaction and commit it; what became of each, in order."""
        try:
            return self._attempt(proposals)
        except sqlite3.IntegrityError:
            # One of them repeats an id of an older record: only that one may fail.
            return [outcome for proposal in proposals for outcome in self.commit([proposal])]
        except Exception as error:  # noqa: BLE001 - whatever it was, those who wait must hear that nothing was kept
            self._abandon()
            return [translate(error) for _ in proposals]

    def _attempt(self, proposals: Sequence[Proposal]) -> list[Outcome]:
        connection = self._ready()
        transaction = Transaction(connection, head=self.head, chain=self._chain)
        connection.execute("BEGIN IMMEDIATE")
        try:
            outcomes = [_outcome(transaction, proposal) for proposal in proposals]
            transaction.rows.write(connection)
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.IntegrityError) and len(proposals) == 1:
                return [transaction.repeated()]
            raise
        self.head, self._chain = transaction.head, transaction.chain
        return outcomes

    def save(self, snapshot: Snapshot) -> None:
        """Keep a snapshot, in a transaction of its own."""
        try:
            keep(self._ready(), snapshot)
        except (sqlite3.Error, OSError) as error:
            self._abandon()
            raise translate(error) from error

    def _abandon(self) -> None:
        # After a failed sync the system may have dropped pages that it calls clean: trust nothing in memory.
        with suppress(sqlite3.Error):
            self.close()

    def close(self) -> None:
        """Release the connection; the next commit opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _outcome(transaction: Transaction, proposal: Proposal) -> Outcome:
    try:
        return transaction.stage(proposal)
    except Exception as error:  # noqa: BLE001 - the proposal's own: its future raises it
        return error


def settle(connection: sqlite3.Connection) -> None:
    """Write what the write-ahead log holds into the database again, and sync it.

    After a failed sync, pages that read well may never have reached the disk; written anew, they do. The
    next transaction then starts the write-ahead log over, and nothing of a refused group is left in it.
    """
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

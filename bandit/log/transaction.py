# SPDX-License-Identifier: Apache-2.0
"""What the proposals of one group see and leave: the database, and over it what the group has staged."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from typing import Any

from bandit.core.codec import encode
from bandit.core.events import Activated, AnyEvent, Changed, Decided, Expired, Rewarded
from bandit.errors import Conflict
from bandit.log import lookups
from bandit.log.base import Found, Proposal, Record
from bandit.log.chain import link
from bandit.log.index import Index, conflict, touched

# One statement inserts up to this many rows: each step of SQLite gives the GIL up and must win it back.
ROWS_A_STATEMENT = 32

_INSERT = {
    "log": "INSERT",
    "decisions": "INSERT",
    "activations": "INSERT",
    "expirations": "INSERT",
    "rewards": "INSERT",
    "touched": "REPLACE",
    "waiting": "REPLACE",
    "changes": "INSERT",
}


class Rows:
    """Rows to insert, by table, and decisions that wait no more."""

    def __init__(self) -> None:
        self._tables: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self._closed: list[str] = []

    def add(self, event: AnyEvent, *, position: int) -> None:
        """Note what the index holds about an event."""
        if isinstance(event, Changed):
            self._tables["changes"].append((position,))
            return
        decision = event.decision
        match event:
            case Decided():
                self._tables["decisions"].append((decision, position))
            case Rewarded():
                self._tables["rewards"].append((decision, event.reward_id or position, position))
            case Activated():
                self._tables["activations"].append((decision, position))
            case Expired():
                self._tables["expirations"].append((decision, position))
                self._closed.append(decision)
        if isinstance(event, Decided | Activated) and event.due is not None:
            self._tables["waiting"].append((decision, event.due))
        if not isinstance(event, Decided):
            for slot in touched(event):
                self._tables["touched"].append((decision, slot, position))

    def add_log(self, position: int, payload: bytes, chain: bytes) -> None:
        """Note a row of the log itself."""
        self._tables["log"].append((position, payload, chain))

    def write(self, connection: sqlite3.Connection, *, schema: str = "main") -> None:
        """Insert and delete; the caller holds the transaction."""
        for table, rows in self._tables.items():
            one = f"({','.join('?' * len(rows[0]))})"
            for start in range(0, len(rows), ROWS_A_STATEMENT):
                part = rows[start : start + ROWS_A_STATEMENT]
                sql = f"{_INSERT[table]} INTO {schema}.{table} VALUES {','.join([one] * len(part))}"
                connection.execute(sql, [value for row in part for value in row])
        for decision in self._closed:
            connection.execute(f"DELETE FROM {schema}.waiting WHERE decision = ?", (decision,))  # noqa: S608


class Transaction:
    """The Lookups of a group, which gathers what its proposals append.

    Args:
        head: position of the newest record; chain: its link.
    """

    def __init__(self, connection: sqlite3.Connection, *, head: int, chain: bytes) -> None:
        self._connection = connection
        self._index = Index()
        self.head = head
        self.chain = chain
        self.rows = Rows()

    def stage(self, proposal: Proposal) -> list[Record]:
        """Run a proposal and note what it appends; on any error, nothing of it."""
        events = list(proposal(self))
        payloads = [encode(event) for event in events]
        self._index.check(events)
        records = []
        for event, payload in zip(events, payloads, strict=True):
            self.head += 1
            self.chain = link(self.chain, payload)
            self.rows.add_log(self.head, payload, self.chain)
            self.rows.add(event, position=self.head)
            self._index.add(event)
            records.append(Record(self.head, event))
        return records

    def repeated(self) -> Conflict:
        """Why the database refused what was staged: which identity it holds already."""
        for key in self._index.identities:
            if lookups.holds(self._connection, key):
                return conflict(key)
        return Conflict(
            "log: got an event that breaks its index; allowed one with ids and times that are whole"
        )

    def find(self, decision: str) -> Found | None:
        """Look a decision up by id."""
        return self._index.over(lookups.find(self._connection, decision), decision=decision)

    def rewarded(self, decision: str, reward_id: str) -> Rewarded | None:
        """Look an accepted reward up by its id."""
        staged = self._index.rewarded(decision, reward_id)
        return staged or lookups.rewarded(self._connection, decision, reward_id)

    def due(self, now: float, *, limit: int) -> list[Found]:
        """Decisions whose wait was over before `now` and that no `Expired` has closed yet, oldest first."""
        expired = self._index.expired
        stored = lookups.waiting(self._connection, now, limit=limit + len(expired))
        waiting = sorted({*stored, *self._index.waiting(now)})
        found = (self.find(decision) for _, decision in waiting if decision not in expired)
        return [one for one, _ in zip((one for one in found if one is not None), range(limit), strict=False)]

# SPDX-License-Identifier: Apache-2.0
"""What a log is: append and read from a position; what it lets a writer look up; snapshots apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from bandit.core.events import Activated, AnyEvent, Decided, Expired, Rewarded

NOT_WRITABLE = "log_not_writable"
"""Code of the Unavailable with which a log refuses what its disk did not take."""


class Record(NamedTuple):
    """An event at its place in the log; positions start at 1 and have no gaps."""

    position: int
    event: AnyEvent


class Found(NamedTuple):
    """A decision and what has come of it so far: all that joining a reward needs to look up.

    Args:
        decided: the decision.
        activated: its activation, if it was deferred and has been activated.
        slots: by slot, the newest event that changed what the slot counts for.
    """

    decided: Decided
    activated: Activated | None
    slots: dict[int, Rewarded | Expired | Activated]


class Lookups(Protocol):
    """The log as the present transaction sees it, proposals before it in the same group included."""

    def find(self, decision: str) -> Found | None:
        """Look a decision up by id."""
        ...

    def rewarded(self, decision: str, reward_id: str) -> Rewarded | None:
        """Look an accepted reward up by its id."""
        ...

    def due(self, now: float, *, limit: int) -> list[Found]:
        """Decisions whose wait was over before `now` and that no `Expired` has closed yet, oldest first."""
        ...


Proposal = Callable[[Lookups], Sequence[AnyEvent]]
"""Called inside the transaction: looks up, and returns the events to append, or raises to append nothing."""


class EventLog(Protocol):
    """An append-only log of events with one writer.

    Args of every implementation: `committed`, called in the event loop with the records of a group, in the
    order of positions, once the group is durable and before the futures of its proposals are resolved.
    """

    @property
    def head(self) -> int:
        """Position of the newest durable record, 0 when the log is empty."""
        ...

    def append(self, proposal: Proposal) -> asyncio.Future[Sequence[Record]]:
        """Append what `proposal` returns, in one piece; done when durable.

        The future raises what the proposal raised (nothing was appended), or Unavailable when the log
        cannot be written now. After it failed with the code `NOT_WRITABLE`, an append of nothing succeeds
        only once the log can be written again.
        """
        ...

    def read(self, after: int, *, limit: int) -> list[Record]:
        """The records that follow position `after`, at most `limit`; raises Damaged at the first bad one."""
        ...

    async def close(self) -> None:
        """Finish what was appended, then release everything."""
        ...


class Queries(Protocol):
    """What people ask a log about; never on the path of a rank."""

    def history(self, decision: str) -> list[Record]:
        """Every record about a decision, in order; empty when there is none."""
        ...

    def changes(self, after: int, *, limit: int) -> list[Record]:
        """The changes made by people (kinds of `Changed`) that follow position `after`, at most `limit`."""
        ...


class Snapshot(NamedTuple):
    """State as bytes, folded up to and including `position`."""

    position: int
    data: bytes


class Snapshots(Protocol):
    """Keeps the newest few snapshots."""

    async def save(self, snapshot: Snapshot) -> None:
        """Keep a snapshot durably; drop the oldest beyond what is kept."""
        ...

    def newest(self) -> Snapshot | None:
        """The newest snapshot whose check holds; those passed over are reported in the program's log."""
        ...

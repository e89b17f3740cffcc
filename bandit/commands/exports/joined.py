# SPDX-License-Identifier: Apache-2.0
"""Decisions with all that became of them, one after the other: memory does not grow with the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from bandit.core.catalogue import Placement
from bandit.core.events import (
    Activated,
    AnyEvent,
    ArmDeleted,
    ArmPut,
    Decided,
    Expired,
    PlacementDeleted,
    PlacementPut,
    Rewarded,
    UserForgotten,
)
from bandit.core.features import vector
from bandit.core.join import standing
from bandit.core.names import not_known
from bandit.errors import Invalid
from bandit.log.base import Record

_CHUNK = 500


class ReadableLog(Protocol):
    """What the export needs of a log; `head` is fixed, whatever a server appends meanwhile."""

    @property
    def head(self) -> int:
        """Position of the newest record to be read."""
        ...

    def read(self, after: int, *, limit: int) -> list[Record]:
        """The records that follow position `after`, at most `limit`."""
        ...

    def history(self, decision: str) -> list[Record]:
        """Every record about a decision, in order."""
        ...

    def changes(self, after: int, *, limit: int) -> list[Record]:
        """The changes made by people that follow position `after`, at most `limit`."""
        ...


@dataclass(frozen=True, slots=True)
class SlotOutcome:
    """What became of a slot, in the placement's units.

    Args:
        reward: all rewards that were posted for it, combined and clipped; the default when there was none.
        learned: the reward with which the policy counts it, None when it does not count.
        rewards: each as it was posted.
    """

    reward: float
    learned: float | None
    rewards: Sequence[tuple[int, Rewarded]]


@dataclass(frozen=True, slots=True)
class JoinedDecision:
    """A decision and what became of it up to the end of the log.

    Args:
        placement: its placement as it was when the decision was made.
        activated: when a deferred decision was shown (Unix seconds), None if it was not.
        outcomes: one a slot.
    """

    position: int
    decided: Decided
    placement: Placement
    activated: float | None
    outcomes: Sequence[SlotOutcome]

    @property
    def shown(self) -> bool:
        """Whether a visitor saw it, as far as the log knows: a reward says so too."""
        decided = self.decided
        return not decided.deferred or self.activated is not None or any(o.rewards for o in self.outcomes)

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Shape (n_slots, K), K eligible arms."""
        count = len(self.decided.slots)
        p = np.frombuffer(self.decided.p, dtype="<f8")
        return p.reshape(count, -1) if count else np.zeros((0, len(self.decided.arms)))

    @property
    def vectors(self) -> NDArray[np.float64]:
        """Shape (n_slots, d) when they differ by arm, else (1, d)."""
        rows = len(self.decided.slots) if self.decided.per_arm else 1
        return vector(self.decided.x, dimension=len(self.decided.x) // 2 // max(rows, 1))


def joined(log: ReadableLog, *, only: frozenset[str]) -> Iterator[tuple[int, JoinedDecision | None]]:
    """Every record's position, with the decision that it is, unless its user was forgotten since.

    Args:
        only: placements whose decisions are wanted; none means all.
    """
    catalogue: dict[str, Placement] = {}
    forgotten = _forgotten(log)
    after = 0
    while records := log.read(after, limit=_CHUNK):
        for position, event in records:
            if not isinstance(event, Decided):
                _follow(catalogue, event)
                yield position, None
            elif (only and event.placement not in only) or _is_gone(event, forgotten):
                yield position, None
            else:
                history = [record for record in log.history(event.decision) if record.position <= log.head]
                yield position, _joined(position, event, catalogue[event.placement], history)
        after = records[-1].position


def check_placements(log: ReadableLog, names: Iterable[str]) -> None:
    """Refuse names that no placement has ever had; of one that was deleted the decisions are still there.

    Raises:
        Invalid: naming the first one.
    """
    wanted = list(names)
    if not wanted:
        return
    known: set[str] = set()
    after = 0
    while records := log.changes(after, limit=_CHUNK):
        known |= {event.name for _, event in records if isinstance(event, PlacementPut)}
        after = records[-1].position
    for name in wanted:
        if name not in known:
            raise Invalid(not_known("placement", name, known, holder="the log"), field="placement")


def _forgotten(log: ReadableLog) -> dict[str, int]:
    """By pseudonym, the position of the newest wish to be forgotten."""
    found: dict[str, int] = {}
    after = 0
    while records := log.changes(after, limit=_CHUNK):
        found |= {event.user: position for position, event in records if isinstance(event, UserForgotten)}
        after = records[-1].position
    return found


def _is_gone(decided: Decided, forgotten: Mapping[str, int]) -> bool:
    return decided.user in forgotten and decided.made_from < forgotten[decided.user]


def _follow(catalogue: dict[str, Placement], event: AnyEvent) -> None:
    match event:
        case PlacementPut():
            catalogue[event.name] = event.placement
        case PlacementDeleted():
            catalogue.pop(event.name, None)
        case ArmPut() if present := catalogue.get(event.placement):
            catalogue[event.placement] = replace(present, arms={**present.arms, event.name: event.arm})
        case ArmDeleted() if present := catalogue.get(event.placement):
            arms = {name: arm for name, arm in present.arms.items() if name != event.name}
            catalogue[event.placement] = replace(present, arms=arms)


def _joined(
    position: int, decided: Decided, placement: Placement, history: Sequence[Record]
) -> JoinedDecision:
    rewards: list[list[tuple[int, Rewarded]]] = [[] for _ in decided.slots]
    newest: list[Rewarded | Expired | Activated | None] = [None for _ in decided.slots]
    activated: float | None = None
    for record in history:
        event = record.event
        if isinstance(event, Rewarded):
            rewards[event.slot].append((record.position, event))
            newest[event.slot] = event
        elif isinstance(event, Activated | Expired):
            if isinstance(event, Activated):
                activated = event.at
            for each in event.contributions:
                newest[each.slot] = event
    outcomes = []
    for slot, posted in enumerate(rewards):
        counted, r = standing(decided, newest[slot], slot)
        scale = placement.reward.scale
        reward = placement.reward.clipped(posted[-1][1].total) if posted else decided.default * scale
        outcomes.append(SlotOutcome(reward, r * scale if counted else None, posted))
    return JoinedDecision(position, decided, placement, activated, outcomes)

# SPDX-License-Identifier: Apache-2.0
"""How the slots of a decision stand: what each counts for, and how it says so to the policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bandit.core.events import Activated, Contribution, Decided, Expired, Rewarded

SlotEvent = Rewarded | Expired | Activated
"""What can change what a slot counts for."""


class Standing(NamedTuple):
    """Whether a slot has been counted, and the scaled reward that it counts with (0 when it does not)."""

    counted: bool
    reward: float


def standing(decided: Decided, before: SlotEvent | None, slot: int) -> Standing:
    """How a slot stands after `before`, the newest event that changed what it counts for."""
    if isinstance(before, Rewarded):
        return Standing(before.counted, before.r)
    if before is not None:
        for each in before.contributions:
            if each.slot == slot:
                return Standing(counted=True, reward=each.reward)
    return Standing(decided.counted, decided.default if decided.counted else 0.0)


def standings(decided: Decided, slots: Mapping[int, SlotEvent]) -> list[Standing]:
    """How all slots stand; `slots` has the newest event of each."""
    return [standing(decided, slots.get(slot), slot) for slot in range(len(decided.slots))]


def contribution_of(decided: Decided, slot: int, weight: float, change: float, reward: float) -> Contribution:
    """What a slot of a decision adds."""
    return Contribution(
        slot=slot,
        arm=decided.slots[slot],
        x=vector_of(decided, slot),
        weight=weight,
        change=change,
        reward=reward,
        propensity=decided.propensities[slot],
        note=note_of(decided, slot),
    )


def weight_of(decided: Decided, slot: int) -> float:
    """How likely a visitor looks at a slot: with that weight it counts."""
    return decided.examination[slot] if decided.examination else 1.0


def vector_of(decided: Decided, slot: int) -> bytes:
    """The feature vector of the arm in a slot."""
    if not decided.per_arm:
        return decided.x
    size = len(decided.x) // len(decided.slots)
    return decided.x[slot * size : (slot + 1) * size]


def note_of(decided: Decided, slot: int) -> float | None:
    """What the policy noted of the arm in a slot."""
    return decided.notes[slot] if decided.notes else None

# SPDX-License-Identifier: Apache-2.0
"""What a decision has added to the state, from everything that the log holds about it."""

from __future__ import annotations

from collections.abc import Sequence

from bandit.core.cascade import cascaded
from bandit.core.events import Activated, AnyEvent, Decided, Erasure, Expired, Rewarded, day_of
from bandit.core.standing import SlotEvent, Standing, contribution_of, standings, weight_of


def erasure(decided: Decided, later: Sequence[AnyEvent]) -> Erasure:
    """Everything that takes away what a decision and the events about it have added, `later` in order."""
    slots: dict[int, SlotEvent] = {}
    rewarded = []
    shown = not decided.deferred
    for event in later:
        if isinstance(event, Rewarded):
            slots[event.slot] = event
            rewarded.append(event.arm)
        elif isinstance(event, Activated | Expired):
            slots |= dict.fromkeys((each.slot for each in event.contributions), event)
            shown = shown or isinstance(event, Activated)
    before = standings(decided, slots)
    gone = dict.fromkeys(range(len(before)), Standing(counted=False, reward=0.0))
    return Erasure(
        placement=decided.placement,
        epoch=decided.epoch,
        made_from=decided.made_from,
        day=day_of(decided.at),
        holdout=decided.holdout,
        learns=decided.learns,
        shown=decided.slots if shown else [],
        rewarded=rewarded,
        contributions=[
            contribution_of(decided, slot, -weight_of(decided, slot), -each.reward, 0.0)
            for slot, each in enumerate(before)
            if each.counted
        ],
        cascade=list(cascaded(decided, slots, gone)),
    )

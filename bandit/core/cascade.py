# SPDX-License-Identifier: Apache-2.0
"""The cascade: visitors read a page from the top, so slots below the last click say nothing about their arms.

A slot that counts is hidden when another one further up earned more than the default and none further down
did. What an event changes follows from how all slots stood before and stand after it, and the changes of all
events add up to how the slots stand in the end: so order leaves no trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bandit.core.events import Contribution, Decided
from bandit.core.standing import SlotEvent, Standing, contribution_of, standings, weight_of


def hidden(standings: Sequence[Standing], *, default: float) -> list[bool]:
    """By slot: whether it counts but lies below the last click (Craswell et al. 2008)."""
    clicked = [slot for slot, each in enumerate(standings) if each.counted and each.reward > default]
    last = clicked[-1] if clicked else len(standings)
    return [each.counted and slot > last for slot, each in enumerate(standings)]


def cascaded(
    decided: Decided, slots: Mapping[int, SlotEvent], now: Mapping[int, Standing]
) -> tuple[Contribution, ...]:
    """What the policy is given back and loses because slots stand as `now` says; `slots`: see `standings`."""
    if not decided.cascade:
        return ()
    before = standings(decided, slots)
    after = [now.get(slot, each) for slot, each in enumerate(before)]
    was, is_now = hidden(before, default=decided.default), hidden(after, default=decided.default)
    out = []
    for slot in range(len(before)):
        if (was[slot], before[slot]) == (is_now[slot], after[slot]):
            continue
        weight = weight_of(decided, slot)
        if was[slot]:
            out.append(contribution_of(decided, slot, weight, before[slot].reward, before[slot].reward))
        if is_now[slot]:
            out.append(contribution_of(decided, slot, -weight, -after[slot].reward, 0.0))
    return tuple(out)

# SPDX-License-Identifier: Apache-2.0
"""Joining rewards to decisions: what is posted, and what the log already knows, become an event.

Each function is pure and is called inside the log's transaction, with what was looked up there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from bandit.core.cascade import cascaded
from bandit.core.catalogue import check_name
from bandit.core.decoding import shorten
from bandit.core.events import Activated, Contribution, Decided, Expired, Rewarded, day_of
from bandit.core.reward_rule import MAX_REWARD, RewardRule
from bandit.core.reward_steps import REWARD_UNIT, counts_of
from bandit.core.standing import (
    SlotEvent,
    Standing,
    contribution_of,
    standing,
    standings,
    vector_of,
    weight_of,
)
from bandit.errors import Conflict, Invalid

N = TypeVar("N", int, float)
_NONE: Mapping[int, SlotEvent] = MappingProxyType({})


class Posted(NamedTuple):
    """A reward as posted: a named `event` or a number, for a slot, an arm, or neither (slot 0)."""

    decision: str
    event: str | None = None
    reward: float | None = None
    slot: int | None = None
    arm: str | None = None
    reward_id: str | None = None


def units(value: float, rule: RewardRule) -> int:
    """A reward in exact counts of `REWARD_UNIT` of the placement's scale."""
    return counts_of(value / rule.scale)


def scaled(value: float, rule: RewardRule) -> float:
    """A reward clipped to the placement's range, on [-1, 1], a multiple of `REWARD_UNIT`."""
    low, high = rule.range
    return units(min(max(value, low), high), rule) * REWARD_UNIT


def value_of(posted: Posted, rule: RewardRule) -> float:
    """What a posted reward is worth in the placement's units.

    Raises:
        Invalid: neither or both of `event` and `reward`, an unknown event, a number out of range.
    """
    if (posted.event is None) == (posted.reward is None):
        both = "neither" if posted.event is None else "both"
        raise Invalid(f"reward: got {both} of event and reward; allowed exactly one", field="reward")
    if posted.event is not None:
        if posted.event not in rule.events:
            allowed = ", ".join(sorted(rule.events)) or "none"
            raise Invalid(f"event: got {shorten(posted.event)}; allowed {allowed}", field="event")
        return rule.events[posted.event]
    value = float(posted.reward or 0.0)
    if not (math.isfinite(value) and abs(value) <= MAX_REWARD):
        raise Invalid(f"reward: got {value}; allowed {-MAX_REWARD:g} to {MAX_REWARD:g}", field="reward")
    return value


def slot_of(posted: Posted, shown: list[str]) -> int:
    """The slot that a reward is for: as named, else where its arm stands, else 0."""
    if posted.slot is not None and not 0 <= posted.slot < len(shown):
        raise Invalid(f"slot: got {posted.slot}; allowed 0 to {len(shown) - 1}", field="slot")
    if posted.arm is not None:
        if posted.arm not in shown:
            raise Invalid(
                f"arm: got {shorten(posted.arm)}; the decision showed {', '.join(shown)}", field="arm"
            )
        if posted.slot is not None and shown[posted.slot] != posted.arm:
            raise Invalid(
                f"arm: got {shorten(posted.arm)}; slot {posted.slot} showed {shown[posted.slot]}", field="arm"
            )
        return shown.index(posted.arm)
    if not shown:
        raise Invalid(f"decision_id: got {shorten(posted.decision)}; it showed no arm", field="decision_id")
    return posted.slot or 0


def reward_id_of(posted: Posted, slot: int) -> str:
    """The id by which a repeated post is known; posts without one that are equal, for one slot, are one."""
    if posted.reward_id is not None:
        return check_name("reward_id", posted.reward_id)
    return f"={slot}:{posted.event if posted.event is not None else repr(float(posted.reward or 0.0))}"


def check_same(first: Rewarded, *, slot: int, name: str, value: float, reward_id: str) -> None:
    """Raise Conflict when a post does not repeat the reward that was accepted under its id.

    A named event repeats itself even if it is worth something else by now.
    """
    if first.slot != slot or first.name != name or (not name and first.value != value):
        raise Conflict(
            f"reward_id: got '{reward_id}' again with slot {slot} and {name or f'reward {value:g}'}; "
            f"it was accepted with slot {first.slot} and {first.name or f'reward {first.value:g}'}",
            field="reward_id",
        )


def reward(
    decided: Decided,
    before: SlotEvent | None,
    rule: RewardRule,
    *,
    slot: int,
    value: float,
    name: str,
    reward_id: str,
    at: float,
    slots: Mapping[int, SlotEvent] = _NONE,
) -> Rewarded:
    """Join a new reward to its slot; `before` is the newest event that changed what the slot counts for.

    A deferred decision that gets a reward was shown, so the slot counts even if nobody activated it. With a
    cascade it matters how the others stand: `slots` has the newest event of each.
    """
    earlier = before if isinstance(before, Rewarded) else None
    total = combined(earlier.total if earlier else None, value, rule)
    exact = combined(earlier.units if earlier else None, units(value, rule), rule)
    learned = at <= decided.at + rule.late_s
    counted, was = standing(decided, before, slot)
    low, high = rule.range
    r = min(max(exact * REWARD_UNIT, scaled(low, rule)), scaled(high, rule)) if learned else was
    contribution = contribution_of(decided, slot, 0.0 if counted else weight_of(decided, slot), r - was, r)
    others = {**slots, slot: before} if before else slots
    now = {slot: Standing(counted=True, reward=r)} if learned else {}
    return Rewarded(
        at=at,
        decision=decided.decision,
        placement=decided.placement,
        epoch=decided.epoch,
        made_from=decided.made_from,
        day=day_of(decided.at),
        holdout=decided.holdout,
        learns=decided.learns,
        slot=slot,
        arm=decided.slots[slot],
        reward_id=reward_id,
        name=name,
        value=value,
        total=total,
        units=exact,
        rewards=1 + (earlier.rewards if earlier else 0),
        late=at > decided.at + (rule.wait_s or rule.late_s),
        learned=learned,
        counted=counted or learned,
        r=r,
        contribution=contribution if learned else None,
        cascade=cascaded(decided, others, now),
    )


def combined(earlier: N | None, new: N, rule: RewardRule) -> N:
    """All rewards of a slot as one number."""
    if earlier is None:
        return new
    match rule.aggregate:
        case "sum":
            return earlier + new
        case "max":
            return max(earlier, new)
        case "last":
            return new
        case "first":
            return earlier


def activate(decided: Decided, *, slots: Mapping[int, SlotEvent], wait_s: float, at: float) -> Activated:
    """A deferred decision was shown: slots that no reward has counted count now, or when the wait is over.

    Raises:
        Conflict: the decision was not deferred.
    """
    if not decided.deferred:
        raise Conflict(
            f"decision_id: got '{decided.decision}'; only decisions made with defer can be activated",
            field="decision_id",
        )
    waits = wait_s > 0
    contributions = [] if waits else _defaults(decided, slots)
    return Activated(
        at=at,
        decision=decided.decision,
        placement=decided.placement,
        epoch=decided.epoch,
        made_from=decided.made_from,
        day=day_of(decided.at),
        holdout=decided.holdout,
        learns=decided.learns,
        slots=decided.slots,
        user=decided.user,
        contributions=contributions,
        cascade=_cascade_of(decided, slots, contributions),
        due=decided.at + wait_s if waits else None,
    )


def expire(decided: Decided, *, slots: Mapping[int, SlotEvent], at: float) -> Expired:
    """The wait is over: slots that no reward has counted count with the default reward."""
    contributions = _defaults(decided, slots)
    return Expired(
        at=at,
        decision=decided.decision,
        placement=decided.placement,
        epoch=decided.epoch,
        made_from=decided.made_from,
        day=day_of(decided.at),
        holdout=decided.holdout,
        learns=decided.learns,
        contributions=contributions,
        cascade=_cascade_of(decided, slots, contributions),
    )


def _defaults(decided: Decided, slots: Mapping[int, SlotEvent]) -> list[Contribution]:
    return [
        contribution_of(decided, slot, weight_of(decided, slot), decided.default, decided.default)
        for slot, each in enumerate(standings(decided, slots))
        if not each.counted
    ]


def _cascade_of(
    decided: Decided, slots: Mapping[int, SlotEvent], contributions: list[Contribution]
) -> tuple[Contribution, ...]:
    now = {each.slot: Standing(counted=True, reward=each.reward) for each in contributions}
    return cascaded(decided, slots, now)


__all__ = [
    "Posted",
    "SlotEvent",
    "Standing",
    "activate",
    "expire",
    "reward",
    "scaled",
    "standing",
    "vector_of",
]

# SPDX-License-Identifier: Apache-2.0
"""From a page of an export back to the events that it was made of, by the service's own rules of joining.

Rewards keep their log positions. An activation, and the end of a wait, have none in an export: they carry
their time, and are folded before the first page that came later.
"""

from __future__ import annotations

from typing import NamedTuple

from bandit.core import join
from bandit.core.events import AnyEvent, Decided
from bandit.core.join import SlotEvent, scaled
from bandit.core.reward_rule import RewardRule
from bandit.errors import Invalid
from simulator.replaying.recorded import Page, PostedReward

_SAME = 1e-9


class Timed(NamedTuple):
    """An event with its position in the log, None where the export does not say it."""

    position: int | None
    at: float
    event: AnyEvent


class Rejoined(NamedTuple):
    """A page as another policy would have logged it.

    Args:
        page: as it was.
        x: vectors, one, or one a slot where they differ by arm.
        per_arm: whether they do.
        notes: the policy's, one a slot, or none.
        examination, cascade: how the changed placement believes that pages are read (see `Decided`).
    """

    page: Page
    x: bytes
    per_arm: bool
    notes: tuple[float, ...]
    examination: tuple[float, ...] = ()
    cascade: bool = False


def rejoin(one: Rejoined, rule: RewardRule, *, epoch: int) -> list[Timed]:
    """All events of a page.

    Raises:
        Invalid: the rule does not give the rewards that the service learned.
    """
    page, decided = one.page, _decided(one, rule, epoch)
    events = [Timed(page.position, page.at, decided)]
    newest: dict[int, SlotEvent] = {}
    posted = sorted(
        ((slot.slot, reward) for slot in page.slots for reward in slot.rewards),
        key=lambda each: each[1].position,
    )
    steps = _steps(decided, page, rule)
    for slot, reward in posted:
        while steps and steps[0][1] < reward.at:
            events.append(_step(decided, steps.pop(0), newest, rule))
        event = join.reward(
            decided,
            newest.get(slot),
            rule,
            slot=slot,
            value=reward.value,
            name=reward.event or "",
            reward_id=reward.reward_id,
            at=reward.at,
            slots=newest,
        )
        newest[slot] = event
        events.append(Timed(reward.position, reward.at, event))
    while steps:
        events.append(_step(decided, steps.pop(0), newest, rule))
    _check_learned(page, posted, newest, rule)
    return events


def _decided(one: Rejoined, rule: RewardRule, epoch: int) -> Decided:
    page = one.page
    return Decided(
        at=page.at,
        decision=page.decision_id,
        placement=page.placement,
        epoch=epoch,
        policy=page.policy,
        made_from=page.made_from,
        user=page.user,
        context={},
        arms=tuple(page.arms),
        left_out={},
        x=one.x,
        slots=[slot.arm for slot in page.slots],
        propensities=[slot.propensity for slot in page.slots],
        scores=[0.0] * len(page.slots),
        p=b"",
        default=scaled(rule.default, rule),
        counted=rule.wait_s == 0 and not page.deferred,
        per_arm=one.per_arm,
        learns=page.learns,
        holdout=page.holdout,
        fallback=page.fallback,
        deferred=page.deferred,
        notes=one.notes,
        examination=one.examination[: len(page.slots)],
        cascade=one.cascade,
    )


def _steps(decided: Decided, page: Page, rule: RewardRule) -> list[tuple[str, float]]:
    """What happens to a decision without a reward, and when."""
    steps = []
    if decided.deferred and page.activated_at is not None:
        steps.append(("activate", page.activated_at))
    if rule.wait_s > 0:
        steps.append(("expire", page.at + rule.wait_s))
    return sorted(steps, key=lambda each: each[1])


def _step(decided: Decided, step: tuple[str, float], newest: dict[int, SlotEvent], rule: RewardRule) -> Timed:
    what, at = step
    event: SlotEvent
    if what == "activate":
        event = join.activate(decided, slots=newest, wait_s=rule.wait_s, at=at)
    else:
        event = join.expire(decided, slots=newest, at=at)
    for each in event.contributions:
        newest[each.slot] = event
    return Timed(None, at, event)


def _check_learned(
    page: Page, posted: list[tuple[int, PostedReward]], newest: dict[int, SlotEvent], rule: RewardRule
) -> None:
    for slot in {number for number, _ in posted}:
        logged = page.slots[slot].learned_reward
        event = newest[slot]
        r = getattr(event, "r", None)
        if (
            logged is not None
            and r is not None
            and abs(r * rule.scale - logged) > _SAME * max(1.0, rule.scale)
        ):
            raise Invalid(
                f"reward: got a rule by which slot {slot} of decision {page.decision_id} earned "
                f"{r * rule.scale:g}; the log learned {logged:g}: only the logged rule is allowed",
                field="reward",
            )

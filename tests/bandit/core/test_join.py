# SPDX-License-Identifier: Apache-2.0
"""Joining rewards: what a slot counts for, whatever comes, in whatever order, whenever."""

from __future__ import annotations

from typing import Any

import pytest

from bandit.core import join
from bandit.core.catalogue import RewardRule
from bandit.core.events import Decided, Rewarded
from bandit.core.join import Posted
from bandit.core.reward_steps import REWARD_UNIT
from bandit.errors import Conflict, Invalid

AT = 1_780_000_000.0
UNIT = 2.0**-10


def decided(**fields: Any) -> Decided:
    """A decision of two slots."""
    rest: dict[str, Any] = {
        "at": AT, "decision": "d", "placement": "home", "epoch": 1, "policy": "linucb", "made_from": 0,
        "user": "", "context": {}, "arms": ("a", "b"), "left_out": {}, "x": b"\0\4\0\1", "slots": ["b", "a"],
        "propensities": [0.75, 1.0], "scores": [0.0, 0.0], "p": bytes(32), "default": 0.0, "counted": True,
    }  # fmt: skip
    return Decided(**{**rest, **fields})


def rewards(rule: RewardRule, *values: float, first: Any = None, late: float = 1.0) -> list[Rewarded]:
    """The events of rewards for slot 0 that come one after the other."""
    made: list[Rewarded] = []
    decision = decided(default=join.scaled(rule.default, rule), counted=rule.wait_s == 0)
    for n, value in enumerate(values):
        before = made[-1] if made else first
        fields: dict[str, Any] = {"name": "", "reward_id": f"r{n}", "at": AT + late}
        made.append(join.reward(decision, before, rule, slot=0, value=value, **fields))
    return made


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("sum", [2, 5, 4]), ("first", [2, 2, 2]), ("max", [2, 3, 3]), ("last", [2, 3, -1])],
)
def test_rewards_of_a_slot_combine(aggregate: Any, expected: list[float]) -> None:
    """Rewards 2, 3 and -1 make what the aggregate says, after each of them, as exact parts of the scale."""
    rule = RewardRule(aggregate=aggregate, clip=(-8, 8))
    made = rewards(rule, 2, 3, -1)
    assert [each.total for each in made] == expected
    assert [each.r for each in made] == [value / 8 for value in expected]
    assert [each.contribution and each.contribution.weight for each in made] == [0.0, 0.0, 0.0]
    assert sum(each.contribution.change for each in made if each.contribution) == expected[-1] / 8


def test_the_clip_acts_on_the_aggregate() -> None:
    """Rewards beyond the range count as its edge, and come back into it when the sum does."""
    made = rewards(RewardRule(clip=(0, 1)), 0.75, 0.75, -1.0)
    assert [each.r for each in made] == [0.75, 1.0, 0.5]
    assert [each.total for each in made] == [0.75, 1.5, 0.5]


def test_the_default_is_taken_back() -> None:
    """A decision that counted with its default is corrected by what the reward differs from it."""
    [event] = rewards(RewardRule(default=0.25, clip=(0, 1)), 1.0)
    assert event.contribution is not None
    assert (event.contribution.weight, event.contribution.change, event.contribution.reward) == (
        0.0,
        0.75,
        1.0,
    )


def test_with_a_wait_the_first_reward_counts_the_slot() -> None:
    """While a decision waits its slot counts for nothing; its first reward counts it, the second corrects."""
    made = rewards(RewardRule(wait_s=60, default=0.5, clip=(0, 4)), 1.0, 2.0)
    contributions = [each.contribution for each in made]
    assert [(c.weight, c.change) for c in contributions if c] == [(1.0, 0.25), (0.0, 0.5)]
    assert [each.late for each in made] == [False, False]


def test_the_end_of_the_wait_counts_what_had_no_reward() -> None:
    """Slots without a reward count with the default, once; a reward after that is late and corrects it."""
    rule = RewardRule(wait_s=60, default=0.5, clip=(0, 1))
    waiting = decided(default=0.5, counted=False, due=AT + 60)
    [first] = rewards(rule, 1.0)
    expired = join.expire(waiting, slots={0: first}, at=AT + 61)
    assert [(c.slot, c.weight, c.change) for c in expired.contributions] == [(1, 1.0, 0.5)]
    late = join.reward(waiting, expired, rule, slot=1, value=0.0, name="", reward_id="r", at=AT + 62)
    assert late.contribution is not None
    assert (late.late, late.learned, late.contribution.weight, late.contribution.change) == (
        True,
        True,
        0.0,
        -0.5,
    )


def test_a_reward_that_comes_too_late_is_kept_but_not_learned() -> None:
    """After the late window a reward changes nothing that counts."""
    rule = RewardRule(late_s=100)
    in_time, too_late = rewards(rule, 1.0, late=100.0), rewards(rule, 1.0, late=100.5)
    assert [(e.learned, e.late, e.r) for e in (*in_time, *too_late)] == [
        (True, False, 1.0),
        (False, True, 0.0),
    ]
    assert too_late[0].contribution is None
    assert too_late[0].counted


@pytest.mark.parametrize("wait_s", [0.0, 60.0])
def test_a_deferred_decision_counts_when_it_is_shown(wait_s: float) -> None:
    """Activation counts each slot that no reward has counted, at once or when the wait is over."""
    rule = RewardRule(wait_s=wait_s, default=0.5, clip=(0, 1))
    deferred = decided(default=0.5, counted=False, deferred=True)
    early = join.reward(deferred, None, rule, slot=0, value=1.0, name="", reward_id="r", at=AT + 1)
    assert early.contribution is not None
    assert (early.contribution.weight, early.contribution.change) == (1.0, 1.0)
    activated = join.activate(deferred, slots={0: early}, wait_s=wait_s, at=AT + 2)
    assert [c.slot for c in activated.contributions] == ([] if wait_s else [1])
    assert activated.due == (AT + wait_s if wait_s else None)


def test_only_deferred_decisions_are_activated() -> None:
    """Activating what was shown at once is a conflict."""
    with pytest.raises(Conflict):
        join.activate(decided(), slots={}, wait_s=0, at=AT)


def test_rewards_are_exact_parts_of_the_scale() -> None:
    """A reward that is no multiple of a step of the scale is rounded once; sums of the rounded are exact."""
    rule = RewardRule(clip=(0, 3))
    made = rewards(rule, *[0.1] * 10)
    assert [each.units for each in made] == [559_360 * n for n in range(1, 11)]
    assert made[-1].r == 5_593_600 * REWARD_UNIT
    assert made[-1].total == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        (Posted("d"), "reward"),
        (Posted("d", event="click", reward=1.0), "reward"),
        (Posted("d", event="buy"), "event"),
        (Posted("d", reward=float("nan")), "reward"),
        (Posted("d", reward=float("inf")), "reward"),
        (Posted("d", reward=1.1e6), "reward"),
    ],
)
def test_a_reward_that_means_nothing_is_refused(posted: Posted, field: str) -> None:
    """Neither, both, an unknown event, or a number that is none."""
    with pytest.raises(Invalid) as caught:
        join.value_of(posted, RewardRule())
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("slot", "arm", "found"),
    [
        (None, None, 0),
        (1, None, 1),
        (None, "a", 1),
        (0, "b", 0),
        (2, None, None),
        (-1, None, None),
        (0, "a", None),
    ],
)
def test_the_slot_is_named_or_found(slot: int | None, arm: str | None, found: int | None) -> None:
    """By number, by arm, or the first; what does not fit the decision is refused."""
    posted = Posted("d", reward=1.0, slot=slot, arm=arm)
    if found is not None:
        assert join.slot_of(posted, ["b", "a"]) == found
    else:
        with pytest.raises(Invalid):
            join.slot_of(posted, ["b", "a"])


def test_an_empty_page_earns_nothing() -> None:
    """A decision that showed no arm takes no reward."""
    with pytest.raises(Invalid, match="it showed no arm"):
        join.slot_of(Posted("d", reward=1.0), [])


def test_equal_posts_without_an_id_are_one() -> None:
    """A slot's second equal post is known by what it says; an id of the caller's is taken as it is."""
    click, again = Posted("d", event="click"), Posted("d", event="click", slot=0)
    assert join.reward_id_of(click, 0) == join.reward_id_of(again, 0) == "=0:click"
    assert join.reward_id_of(click, 1) == "=1:click"
    assert join.reward_id_of(Posted("d", reward=0.5), 0) == "=0:0.5"
    assert join.reward_id_of(Posted("d", reward=0.5, reward_id="r-1"), 0) == "r-1"
    with pytest.raises(Invalid):
        join.reward_id_of(Posted("d", reward=0.5, reward_id="=0:click"), 0)


def test_an_id_means_one_reward() -> None:
    """A repeated id must repeat its reward; a named one repeats itself whatever it is worth by now."""
    [first] = rewards(RewardRule(), 1.0)
    join.check_same(first, slot=0, name="", value=1.0, reward_id="r0")
    for slot, name, value in ((1, "", 1.0), (0, "", 2.0), (0, "click", 1.0)):
        with pytest.raises(Conflict):
            join.check_same(first, slot=slot, name=name, value=value, reward_id="r0")
    named = join.reward(decided(), None, RewardRule(), slot=0, value=1.0, name="click", reward_id="r", at=AT)
    join.check_same(named, slot=0, name="click", value=2.0, reward_id="r")


def test_vectors_of_single_arms_stay_with_their_slots() -> None:
    """Invariant 2: where arms have vectors of their own, a reward teaches the vector of the arm it is for."""
    own = decided(x=b"\0\4\1\0\0\4\2\0", per_arm=True, notes=(0.5, -0.5))
    [event] = [join.reward(own, None, RewardRule(), slot=1, value=1.0, name="", reward_id="r", at=AT)]
    assert event.contribution is not None
    assert (event.contribution.x, event.contribution.note) == (b"\0\4\2\0", -0.5)

# SPDX-License-Identifier: Apache-2.0
"""Rewards stay what they are beside much larger ones, and sums of them stay exact."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.core.join import scaled
from bandit.core.reward_rule import RewardRule
from bandit.core.reward_steps import REWARD_UNIT, counts_of, stepped
from bandit.core.tally import Tally
from bandit.errors import Invalid

scaled_rewards = st.floats(-1.0, 1.0)


@pytest.mark.parametrize("largest", [1.0, 5.0, 50.0, 2000.0, 5000.0])
def test_a_click_stays_a_click_beside_a_purchase(largest: float) -> None:
    """A click of 1 counts 1 within a thousandth, however much a purchase is worth."""
    rule = RewardRule(events={"click": 1.0, "purchase": largest})
    assert scaled(1.0, rule) * rule.scale == pytest.approx(1.0, rel=1e-3)


def test_an_event_that_cannot_be_told_from_nothing_is_refused_with_the_numbers() -> None:
    """What would be learned as something else is not accepted in silence."""
    with pytest.raises(
        Invalid, match=r"events\.click: got 0\.01 beside rewards of up to 1e\+06, .* allowed 0, or 3 "
    ):
        RewardRule(events={"click": 0.01, "purchase": 1e6})


@given(scaled_rewards)
def test_a_reward_is_kept_within_a_thousandth_where_there_are_steps_for_it(reward: float) -> None:
    """Coarse steps serve while they are close; the finest are the limit."""
    kept = counts_of(reward) * REWARD_UNIT
    assert abs(kept - reward) <= max(1e-3 * abs(reward), REWARD_UNIT / 2)


@given(st.lists(scaled_rewards, min_size=1, max_size=20))
def test_one_by_one_or_all_at_once_is_the_same(rewards: list[float]) -> None:
    """The service keeps single rewards as the simulator keeps columns of them."""
    assert stepped(np.array(rewards)).tolist() == [counts_of(reward) * REWARD_UNIT for reward in rewards]


@given(st.lists(scaled_rewards, max_size=50), st.randoms(use_true_random=False))
def test_tallies_add_up_exactly_in_any_order(rewards: list[float], rng: object) -> None:
    """Sums of rewards, and of their squares, are those of fractions: nothing is rounded on the way."""
    kept = [counts_of(reward) * REWARD_UNIT for reward in rewards]
    shuffled = sorted(kept, key=lambda _: rng.random())  # type: ignore[attr-defined]
    one, other = Tally(), Tally()
    for tally, order in ((one, kept), (other, shuffled)):
        for reward in order:
            tally.count(weight=1.0, change=reward, reward=reward)
    assert one == other
    assert Fraction(one.total) == sum(map(Fraction, kept), Fraction(0))
    assert math.isclose(one.squares, sum(reward * reward for reward in kept), abs_tol=1e-6)
    for reward in kept:
        one.count(weight=-1.0, change=-reward, reward=0.0)
    assert one == Tally()

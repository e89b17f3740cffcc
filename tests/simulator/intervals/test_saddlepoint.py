# SPDX-License-Identifier: Apache-2.0
"""The distribution of resampled sums without resampling, against resampling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import beta

from simulator.estimators.sums import RatioSums, Terms
from simulator.intervals.bootstrap import bootstrap_values, percentiles
from simulator.intervals.resampled import resampled_interval
from simulator.intervals.saddlepoint import chance_below

NUMBERS = arrays(np.float64, st.integers(2, 30), elements=st.floats(-1e6, 1e6, allow_subnormal=False))


@pytest.mark.parametrize("lift", [-1.0, -0.4, -0.1, 0.0, 0.1, 0.4, 1.0])
def test_chance_is_what_resampling_finds(lift: float) -> None:
    """Over skewed rows the chance agrees with 20,000 resamples, tails included."""
    g = np.random.default_rng(8)
    e = g.exponential(size=60) - 1.0 - lift
    drawn = g.choice(e, size=(20_000, 60)).sum(axis=1)
    chance = chance_below(e, np.ones(60))
    error = (chance * (1 - chance) / 20_000) ** 0.5
    assert chance == pytest.approx((drawn <= 0).mean(), abs=4 * error + 1e-4)


def test_rows_that_cancel_are_as_likely_above_as_below() -> None:
    """At the middle, where the formula divides 0 by 0, its limit is taken."""
    e = np.array([-3.0, -1.0, 1.0, 3.0])
    assert chance_below(e, np.ones(4)) == 0.5
    assert chance_below(e + 1e-9, np.ones(4)) == pytest.approx(0.5, abs=1e-6)


def test_counts_stand_for_equal_rows() -> None:
    """A row that counts three times is three rows."""
    e = np.array([-1.0, 0.5, 2.0])
    assert chance_below(e, np.array([3.0, 2.0, 1.0])) == pytest.approx(
        chance_below(np.array([-1.0, -1.0, -1.0, 0.5, 0.5, 2.0]), np.ones(6)), abs=1e-12
    )


def test_rows_on_one_side_leave_nothing_to_chance() -> None:
    """Sums of numbers that are all negative are, and of positive ones never."""
    assert chance_below(np.array([-1.0, 0.0]), np.ones(2)) == 1.0
    assert chance_below(np.array([0.0, 2.0]), np.ones(2)) == 0.0


@given(e=NUMBERS, rare=st.floats(1e-9, 1.0))
@example(e=np.array([1e-38, -1.0]), rare=1e-9)
@example(e=np.array([1e-300, -2e-300]), rare=1.0)
@example(e=np.array([1e-12, -1e6]), rare=1e-9)
def test_chances_of_mirrored_rows_make_one(e: np.ndarray, rare: float) -> None:
    """Whatever the rows, the result is a probability, and that of the opposite is the rest."""
    assume(e.min() < 0 < e.max())
    counts = np.append(np.ones(len(e) - 1), rare)
    chance = chance_below(e, counts)
    assert 0.0 <= chance <= 1.0
    assert chance_below(-e, counts) == pytest.approx(1.0 - chance, abs=1e-3)


def test_interval_is_the_bootstrap_moved_by_skewness() -> None:
    """With many rewards and no heavy row its width is the bootstrap's; both ends are moved alike."""
    g = np.random.default_rng(3)
    w = g.uniform(0.2, 3.0, size=4_000)
    sums = RatioSums()
    sums.add(Terms(w * (g.random(4_000) < 0.05), w), w=w, start=0)
    ours = resampled_interval(sums, reward_range=(0.0, 1.0))
    values = bootstrap_values([sums], resamples=20_000, seed=1)[0]
    drawn, spread = percentiles(values, level=0.95), values.std()
    assert ours.high - ours.low == pytest.approx(drawn.high - drawn.low, rel=0.02)
    assert 0.0 < ours.low - drawn.low < 0.25 * spread
    assert 0.0 < ours.high - drawn.high < 0.25 * spread


@given(
    w=arrays(np.float64, 40, elements=st.floats(0.0, 1e6, allow_subnormal=False)),
    reward=arrays(np.float64, 40, elements=st.sampled_from([-1.0, 0.0, 0.25, 2.0])),
    level=st.floats(0.5, 0.999),
)
@example(w=np.append(1e-120, np.ones(39)), reward=np.append(-1.0, np.zeros(39)), level=0.5)
def test_bounds_are_in_order_whatever_the_rows(w: np.ndarray, reward: np.ndarray, level: float) -> None:
    """Within the range of rewards, the lower bound first, for weights of any size."""
    sums = RatioSums()
    sums.add(Terms(w * reward, w), w=w, start=0)
    interval = resampled_interval(sums, reward_range=(-1.0, 2.0), level=level)
    assert -1.0 <= interval.low <= interval.high <= 2.0


def certain(reward: float) -> RatioSums:
    """Sums of 500 rows with uneven weights that all have the same reward."""
    w = np.random.default_rng(1).uniform(0.2, 3.0, size=500)
    sums = RatioSums()
    sums.add(Terms(w * reward, w), w=w, start=0)
    return sums


def test_rows_that_are_all_alike_do_not_make_certain() -> None:
    """Without a single other outcome in 500 rows, it still may happen: about four times in 500."""
    nothing = resampled_interval(certain(0.0), reward_range=(0.0, 1.0))
    always = resampled_interval(certain(1.0), reward_range=(0.0, 1.0))
    assert (nothing.low, always.high) == (0.0, 1.0)
    assert 3 / 500 < nothing.high < 5 / 500
    assert 1.0 - always.low == pytest.approx(nothing.high, rel=1e-6)


@pytest.mark.parametrize("odd", [0.5, 0.500001, 0.6])
def test_rewards_that_are_all_alike_but_one_do_not_make_certain(odd: float) -> None:
    """500 rewards of 0.5 say little of those that may come: some rows in 500 may bring 0 or 1."""
    w = np.random.default_rng(1).uniform(0.2, 3.0, size=500)
    sums = RatioSums()
    sums.add(Terms(w * np.append(odd, np.full(499, 0.5)), w), w=w, start=0)
    interval = resampled_interval(sums, reward_range=(0.0, 1.0))
    assert interval.low < 0.5 - 1.5 / 500
    assert interval.high > 0.5 + 1.5 / 500


@pytest.mark.parametrize("rewarded", [1, 2, 3, 5, 8])
def test_few_rewards_give_a_wide_interval_around_them(rewarded: int) -> None:
    """With a handful of rewards it holds Clopper and Pearson's interval but for a tenth of the width."""
    sums = RatioSums()
    sums.add(Terms((np.arange(500) < rewarded).astype(float), np.ones(500)), w=np.ones(500), start=0)
    interval = resampled_interval(sums, reward_range=(0.0, 1.0))
    low, high = beta.ppf(0.025, rewarded, 501 - rewarded), beta.ppf(0.975, rewarded + 1, 500 - rewarded)
    slack = 0.1 * (high - low)
    assert interval.low < low + slack
    assert interval.high > high - slack

# SPDX-License-Identifier: Apache-2.0
"""Intervals where few rows carry the reward; all figures are in benchmarks/evaluation_truth.md."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from simulator.estimators.on_policy import OnPolicy
from simulator.estimators.snips import SNIPS
from simulator.estimators.sums import RatioSums, Terms
from simulator.intervals.bootstrap import bootstrap_interval
from simulator.intervals.paired import Difference, bootstrap_difference, paired_difference
from simulator.intervals.resampled import resampled_interval
from simulator.logs.partition import Floats, Partition, Target


class Seen(NamedTuple):
    """Sums of arm 0, of arm 1 and of the logger over the same rows."""

    first: RatioSums
    second: RatioSums
    logger: RatioSums


def seen(reward: Floats, action: np.ndarray, arms: int = 4) -> Seen:
    """What a uniform logger's rows say about always showing arm 0 or arm 1."""
    logged = Partition(reward, np.full(len(reward), 1 / arms), action)
    found = []
    for arm in (0, 1):
        estimator = SNIPS()
        estimator.add(logged, Target((action == arm) * 1.0))
        found.append(estimator.sums)
    plain = OnPolicy()
    plain.add(logged, Target(logged.propensity))
    return Seen(found[0], found[1], plain.sums)


def lift(of: Seen, *, over: RatioSums | None = None) -> Difference:
    """Arm 0 over the logger, or over another policy."""
    high = float(of.logger.groups[:, 0].max())
    return paired_difference(
        of.first, over or of.logger, logged=of.logger, reward_range=(0.0, max(1.0, high))
    )


def away(difference: Difference) -> bool:
    """Whether it claims that two policies differ."""
    return difference.low > 0 or difference.high < 0


@pytest.mark.parametrize("rows", [1_000, 40_000])
@pytest.mark.parametrize("reward", [1.0, 50_000.0])
@pytest.mark.parametrize("arms", [2, 4, 5, 10])
def test_one_row_never_makes_a_difference(rows: int, reward: float, arms: int) -> None:
    """Whichever of equal arms gets the one click, or the one large order, none is claimed to be better."""
    g = np.random.default_rng(2)
    small = g.uniform(10, 30, rows) * (g.random(rows) < 0.03) if reward > 1 else np.zeros(rows)
    action = g.integers(0, arms, rows)
    for arm in (0, 1):
        spends = small.copy()
        spends[np.flatnonzero(action == arm)[5]] = reward
        of = seen(spends, action, arms)
        for one in (lift(of), lift(of, over=of.second)):
            assert one.low < 0 < one.high
            assert one.sway.share > 0.9


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
def test_equal_arms_are_rarely_told_apart(sigma: float) -> None:
    """Log-normal spends, four arms that are alike: at most 5 % of the lifts and differences exclude 0."""
    g, won, runs = np.random.default_rng(5), np.zeros(2), 300
    for _ in range(runs):
        of = seen(np.exp(sigma * g.standard_normal(1_000)), g.integers(0, 4, 1_000))
        won += away(lift(of)), away(lift(of, over=of.second))
    # and one standard error of so many runs
    assert (won / runs <= 0.05 + 0.013).all(), won / runs


@pytest.mark.parametrize("sigma", [1.0, 1.5])
def test_intervals_hold_where_spends_are_log_normal(sigma: float) -> None:
    """Arms that differ: 94 of 100 hold the truth, up to the runs' error, at a width near a bootstrap's."""
    g, hits, runs, n = np.random.default_rng(7), np.zeros(3), 150, 2_000
    mean, factors = np.exp(sigma * sigma / 2), np.array([1.3, 0.7, 1.0, 1.0])
    widths, resampled = [], []
    for run in range(runs):
        action = g.integers(0, 4, n)
        spends = np.exp(sigma * g.standard_normal(n)) * factors[action]
        of = seen(spends, action)
        value = resampled_interval(of.first, reward_range=(0.0, float(spends.max())))
        one, other = lift(of), lift(of, over=of.second)
        bounds = ((value.low, value.high), (one.low, one.high), (other.low, other.high))
        for i, ((low, high), truth) in enumerate(zip(bounds, (1.3, 0.3, 0.6), strict=True)):
            hits[i] += low <= truth * mean <= high
        if run < 10:
            ends = (
                bootstrap_interval(of.first, resamples=500),
                bootstrap_difference(of.first, of.logger, resamples=500),
            )
            widths.append([value.high - value.low, one.high - one.low])
            resampled.append([end.high - end.low for end in ends])
    assert (hits / runs >= 0.94 - 0.02).all(), hits / runs
    ratio = np.median(widths, axis=0) / np.median(resampled, axis=0)
    assert (ratio < 1.6).all(), ratio


def test_rewards_that_were_not_seen_leave_room_on_both_sides() -> None:
    """Without any reward in the log two policies may still differ: by some rows' worth, not by nothing."""
    action = np.random.default_rng(1).integers(0, 4, 1_000)
    of = seen(np.zeros(1_000), action)
    one = lift(of)
    assert one.value == 0.0
    assert -10 / 1_000 < one.low < -1 / 1_000
    assert 3 / 1_000 < one.high < 20 / 1_000


@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_a_policy_has_no_lift_over_itself(reward: float) -> None:
    """Exactly none, whatever was not seen."""
    of = seen(np.full(500, reward), np.zeros(500, dtype=np.int64), arms=1)
    one = lift(of)
    assert (one.value, one.low, one.high) == (0.0, 0.0, 0.0)


def test_heavy_weights_beside_large_spends_do_not_ask_for_the_largest_at_every_weight() -> None:
    """Weights and spends that are both uneven give an interval at most twice a bootstrap's in width."""
    g, ratios = np.random.default_rng(9), []
    for _ in range(10):
        w, spends = np.exp(1.5 * g.standard_normal((1_000,))), np.exp(1.5 * g.standard_normal(1_000))
        sums = RatioSums()
        sums.add(Terms(w * spends, w), w=w, start=0)
        ours = resampled_interval(sums, reward_range=(0.0, float(spends.max())))
        theirs = bootstrap_interval(sums, resamples=500)
        ratios.append((ours.high - ours.low) / (theirs.high - theirs.low))
    assert np.median(ratios) < 2.0

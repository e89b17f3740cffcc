# SPDX-License-Identifier: Apache-2.0
"""What intervals do at their edges, and differences between two policies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.estimators.dr import DR
from simulator.estimators.ips import IPS
from simulator.estimators.on_policy import OnPolicy
from simulator.estimators.protocol import Estimate
from simulator.estimators.snips import SNIPS
from simulator.estimators.sums import RatioSums, Terms
from simulator.intervals.bootstrap import bootstrap_interval, bootstrap_values
from simulator.intervals.confidence_sequence import ConfidenceSequence
from simulator.intervals.empirical_bernstein import empirical_bernstein_interval
from simulator.intervals.gamma_sequence import GammaSequence
from simulator.intervals.paired import bootstrap_difference, paired_difference
from simulator.intervals.resampled import resampled_interval
from simulator.intervals.score import score_interval
from simulator.intervals.student import student_interval
from simulator.logs.partition import Target


def seen(kind: Any, sample: Any, target: Target | None = None) -> Any:
    """An estimator that has seen the sample."""
    estimator = kind()
    estimator.add(sample.logged, target or sample.target)
    return estimator


def test_same_seed_same_bootstrap(sample: Any) -> None:
    """The bootstrap is a pure function of sums and seed."""
    sums = seen(SNIPS, sample).sums
    one, same, other = (bootstrap_interval(sums, resamples=200, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_bootstrap_of_many_rows_uses_groups() -> None:
    """A log longer than the number of groups has the bootstrap spread of its rows."""
    g = np.random.default_rng(4)
    terms = g.exponential(size=100_000)
    sums = RatioSums()
    sums.add(Terms(terms), w=np.ones(100_000), start=0)
    values = bootstrap_values([sums], resamples=400, seed=0)[0]
    assert sums.groups.shape[0] == 16_384
    assert values.std() == pytest.approx(terms.std() / 100_000**0.5, rel=0.15)


def test_a_policy_does_not_differ_from_itself(sample: Any) -> None:
    """Paired on the same rows, the difference of a policy to itself is exactly nothing."""
    sums = seen(DR, sample).sums
    difference = paired_difference(sums, sums)
    assert (difference.value, difference.standard_error) == (0.0, 0.0)
    assert bootstrap_difference(sums, sums, resamples=50).high == 0.0


def test_pairing_beats_two_separate_errors(sample: Any) -> None:
    """Two policies that mostly agree differ with less error than either has."""
    near = Target(0.9 * sample.target.probability + 0.1 * sample.logged.propensity)
    one, other = seen(IPS, sample), seen(IPS, sample, near)
    difference = paired_difference(one.sums, other.sums)
    assert difference.standard_error < 0.3 * one.estimate().standard_error
    assert difference.low < difference.value < difference.high


def test_lift_over_the_logger(sample: Any) -> None:
    """The difference to the logger's own mean is the plain difference of the two values."""
    one, logger = seen(SNIPS, sample), seen(OnPolicy, sample)
    difference = paired_difference(one.sums, logger.sums)
    assert difference.value == pytest.approx(one.estimate().value - sample.logged.reward.mean(), abs=1e-12)


def test_bernstein_holds_the_formula() -> None:
    """The bound is that of Maurer and Pontil, both sides sharing the error."""
    interval = empirical_bernstein_interval(Estimate(0.5, 0.01, 1000.0, 1000.0), term_range=(0.0, 4.0))
    log_term = np.log(2 / 0.025)
    half = np.sqrt(2 * log_term) * 0.01 + 7 * 4.0 * log_term / (3 * 999)
    assert interval.high == pytest.approx(0.5 + half, abs=1e-12)
    assert interval.low == pytest.approx(max(0.0, 0.5 - half), abs=1e-12)


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, float("nan")])
def test_impossible_levels(level: float) -> None:
    """Confidence must lie between 0 and 1."""
    with pytest.raises(Invalid, match="level: got"):
        student_interval(Estimate(0.0, 1.0, 10.0, 10.0), level=level)


SCORED = [resampled_interval, score_interval]


@pytest.mark.parametrize("interval", SCORED)
def test_higher_confidence_is_wider(interval: Any, sample: Any) -> None:
    """Intervals are nested in their confidence."""
    sums = seen(SNIPS, sample).sums
    narrow, wide = (interval(sums, reward_range=(0.0, 1.0), level=level) for level in (0.8, 0.99))
    assert wide.low <= narrow.low < narrow.high <= wide.high


@pytest.mark.parametrize("interval", SCORED)
def test_interval_contains_the_estimate_and_moves_with_rewards(interval: Any, sample: Any) -> None:
    """Scaling all rewards scales the interval."""
    one = seen(SNIPS, sample)
    twice = SNIPS()
    logged = sample.logged
    twice.add(type(logged)(2 * logged.reward + 1, logged.propensity, logged.action), sample.target)
    small = interval(one.sums, reward_range=(0.0, 1.0))
    large = interval(twice.sums, reward_range=(1.0, 3.0))
    assert small.low < one.estimate().value < small.high
    assert (large.low, large.high) == pytest.approx((2 * small.low + 1, 2 * small.high + 1), abs=1e-9)


@pytest.mark.parametrize("interval", SCORED)
def test_intervals_refuse_what_is_no_ratio_or_no_range(interval: Any, sample: Any) -> None:
    """Sums of several ratios without an estimate and empty ranges of rewards are refused."""
    several = RatioSums()
    several.add(Terms(np.ones((3, 2)), np.zeros((3, 2))), w=np.ones(3), start=0)
    with pytest.raises(Invalid, match="interval: got no estimate; allowed only with one"):
        interval(several, reward_range=(0.0, 1.0))
    with pytest.raises(Invalid, match=r"reward_range: got \(1.0, 1.0\); allowed low below high"):
        interval(seen(SNIPS, sample).sums, reward_range=(1.0, 1.0))


@pytest.mark.parametrize("interval", SCORED)
def test_several_ratios_alike_have_the_interval_of_their_sum(interval: Any) -> None:
    """Two slots that share a denominator are one ratio of the page's reward, and have its interval."""
    rng = np.random.default_rng(5)
    w, reward = rng.gamma(2.0, 0.5, size=400), rng.binomial(1, 0.2, size=(400, 2)).astype(np.float64)
    slots, page = RatioSums(), RatioSums()
    slots.add(Terms(w[:, None] * reward, np.column_stack([w, w])), w=w, start=0)
    page.add(Terms(w * reward.sum(axis=1), w), w=w, start=0)
    one, other = (interval(sums, reward_range=(0.0, 2.0)) for sums in (slots, page))
    assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=0.02)


@pytest.mark.parametrize("kind", [ConfidenceSequence, GammaSequence])
def test_sequences_refuse_rewards_outside_their_range(kind: Any, sample: Any) -> None:
    """A reward outside the declared range would void the bound, so it is refused."""
    with pytest.raises(Invalid, match=r"reward: got 1.0; allowed 0.0 to 0.5"):
        kind(reward_range=(0.0, 0.5)).add(sample.logged, sample.target)


def test_sequence_in_parts_is_the_sequence(sample: Any, cut: Any) -> None:
    """Partitions in order give the bounds of one pass, and bounds only ever tighten."""
    whole, parts = ConfidenceSequence(doubly_robust=True), ConfidenceSequence(doubly_robust=True)
    low, high = whole.add(sample.logged, sample.target)
    pieces = [parts.add(piece.logged, piece.target) for piece in cut(sample, 5)]
    np.testing.assert_allclose(np.concatenate([piece[0] for piece in pieces]), low, atol=1e-12)
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) <= 0).all()
    assert whole.interval().high == pytest.approx(high[-1])


def test_doubly_robust_sequence_needs_whole_vectors(sample: Any) -> None:
    """Without the logger's vectors the cut that keeps it valid cannot be made, so it is refused."""
    logged = type(sample.logged)(sample.logged.reward, sample.logged.propensity, sample.logged.action)
    with pytest.raises(Invalid, match="without probabilities"):
        ConfidenceSequence(doubly_robust=True).add(logged, sample.target)

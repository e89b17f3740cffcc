# SPDX-License-Identifier: Apache-2.0
"""Intervals hold what they say in three regimes: mild weights, rare rewards, skewed weights.

The regimes have the sizes and the largest weights of the coverage figures in docs/evaluation.md. 300 runs at
95 % have a standard error of 1.3 points; a run of this file is seeded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from simulator.estimators.on_policy import OnPolicy
from simulator.estimators.protocol import Interval
from simulator.estimators.snips import SNIPS
from simulator.estimators.sums import RatioSums, Terms
from simulator.intervals.confidence_sequence import ConfidenceSequence
from simulator.intervals.paired import paired_difference
from simulator.intervals.resampled import resampled_interval
from simulator.intervals.score import score_interval
from simulator.logs.partition import Floats, Partition, Target

RUNS = 300
# 94 of 100, less one standard error of so many runs
ENOUGH = 0.94 - (0.94 * 0.06 / RUNS) ** 0.5
REWARDS = (0.0, 1.0)


def softmax(scores: Floats) -> Floats:
    """Rows that sum to 1."""
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = e / e.sum(axis=-1, keepdims=True)
    return shares


@dataclass(frozen=True)
class Regime:
    """A world of 12 contexts; `pull` parts the logger from the policy."""

    seed: int
    rows: int
    arms: int
    base: float
    pull: float

    def vectors(self) -> tuple[Floats, Floats, Floats]:
        """Logger, policy and click rates, each of shape (12, arms)."""
        g = np.random.default_rng(self.seed)
        levels = np.array([[a, b] for a in (-1.0, -0.33, 0.33, 1.0) for b in (-1.0, 0.0, 1.0)])
        logger, policy, clicks = (g.normal(size=(2, self.arms)) for _ in range(3))
        tilt = g.normal(size=self.arms)
        rates = 1 / (1 + np.exp(-(self.base + levels @ clicks * 0.5)))
        return (
            softmax(self.pull * (levels @ logger + tilt) * 0.7),
            softmax(self.pull * (levels @ policy) * 0.9),
            rates,
        )


REGIMES = [
    pytest.param(Regime(seed=1, rows=1000, arms=5, base=-1.27, pull=0.41), id="mild"),
    pytest.param(Regime(seed=2, rows=2000, arms=20, base=-4.3, pull=0.42), id="rare"),
    pytest.param(Regime(seed=3, rows=1000, arms=10, base=0.1, pull=1.4), id="skewed"),
]


def draw(regime: Regime, g: np.random.Generator) -> tuple[Partition, Target, Floats]:
    """One log, with a reward model that is half right."""
    logger, policy, rates = regime.vectors()
    x = g.integers(0, 12, regime.rows)
    rows = np.arange(regime.rows)
    action = (g.random(regime.rows)[:, None] > logger[x].cumsum(axis=1)).sum(axis=1).clip(0, regime.arms - 1)
    reward = (g.random(regime.rows) < rates[x, action]).astype(float)
    logged = Partition(reward, logger[x][rows, action], action)
    model = 0.5 * rates + 0.5 * rates.mean()
    return logged, Target.of(logged, policy[x], q=model[x]), policy[x] / logger[x]


def covered(interval: Interval, truth: float) -> bool:
    """Whether the truth lies within."""
    return interval.low <= truth <= interval.high


@pytest.mark.parametrize("regime", REGIMES)
def test_default_intervals_cover(regime: Regime) -> None:
    """The interval of SNIPS, of SNDR and with a known largest weight covers, up to the runs' error."""
    logger, policy, rates = regime.vectors()
    truth, weight_max = float((policy * rates).sum(axis=1).mean()), float((policy / logger).max())
    g = np.random.default_rng(20)
    hits = np.zeros(3)
    for _ in range(RUNS):
        logged, target, _ = draw(regime, g)
        w = target.probability / logged.propensity
        snips, sndr = RatioSums(), RatioSums()
        snips.add(Terms(w * logged.reward, w), w=w, start=0)
        assert target.predicted is not None
        sndr.add(Terms(w * (logged.reward - target.predicted), w, target.expected), w=w, start=0)
        hits += (
            covered(resampled_interval(snips, reward_range=REWARDS), truth),
            covered(resampled_interval(sndr, reward_range=REWARDS), truth),
            covered(score_interval(snips, reward_range=REWARDS, weight_max=weight_max), truth),
        )
    assert (hits / RUNS >= ENOUGH).all(), hits / RUNS


@pytest.mark.parametrize("regime", REGIMES)
def test_intervals_of_lifts_cover(regime: Regime) -> None:
    """The difference to the logger lies within its interval in 94 of 100 runs, up to their error."""
    logger, policy, rates = regime.vectors()
    truth = float(((policy - logger) * rates).sum(axis=1).mean())
    g, hits = np.random.default_rng(21), 0
    for _ in range(RUNS):
        logged, target, _ = draw(regime, g)
        snips, plain = SNIPS(), OnPolicy()
        snips.add(logged, target)
        plain.add(logged, target)
        lift = paired_difference(snips.sums, plain.sums, logged=plain.sums, reward_range=REWARDS)
        hits += lift.low <= truth <= lift.high
    assert hits / RUNS >= ENOUGH


@pytest.mark.parametrize("interval", [resampled_interval, score_interval])
def test_interval_of_hopeless_rows_is_the_whole_range(interval: Callable[..., Interval]) -> None:
    """When one row holds nearly all weight the interval says that anything is possible."""
    reward = np.array([0.0, 1.0] * 100 + [0.0])
    estimator = SNIPS()
    estimator.add(
        Partition(reward, np.array([0.5] * 200 + [1e-6]), np.zeros(201, dtype=np.int64)),
        Target(np.full(201, 0.5)),
    )
    assert interval(estimator.sums, reward_range=REWARDS) == Interval(0.0, 1.0)


@pytest.mark.parametrize("doubly_robust", [False, True])
def test_confidence_sequence_never_excludes_the_truth_too_often(doubly_robust: bool) -> None:
    """Under a logger that learns, the truth stays inside at all times in the share of runs promised."""
    means, policy = np.array([0.3, 0.5, 0.7]), np.array([0.2, 0.3, 0.5])
    truth = float(policy @ means)
    misses, width = 0, 0.0
    for seed in range(200):
        logged, target = learned(seed, means, policy)
        sequence = ConfidenceSequence(level=0.9, doubly_robust=doubly_robust)
        low, high = sequence.add(logged, target)
        misses += bool((low > truth).any() or (high < truth).any())
        width = max(width, float(high[-1] - low[-1]))
    assert misses <= 20
    assert width < 0.6


def learned(seed: int, means: Floats, policy: Floats, rows: int = 300) -> tuple[Partition, Target]:
    """A log whose logger prefers the arm that has earned most, with a model of earlier rows only."""
    g = np.random.default_rng(seed)
    wins, shown = np.ones(3), np.full(3, 2.0)
    reward, propensity, action = np.zeros(rows), np.zeros(rows), np.zeros(rows, dtype=np.int64)
    vectors, models = np.zeros((rows, 3)), np.zeros((rows, 3))
    for t in range(rows):
        vectors[t] = 0.1 + 0.7 * (np.arange(3) == (wins / shown).argmax())
        models[t] = wins / shown
        action[t] = g.choice(3, p=vectors[t])
        propensity[t] = vectors[t, action[t]]
        reward[t] = g.random() < means[action[t]]
        wins[action[t]] += reward[t]
        shown[action[t]] += 1
    logged = Partition(reward, propensity, action, probabilities=vectors)
    return logged, Target.of(logged, np.tile(policy, (rows, 1)), q=models)

# SPDX-License-Identifier: Apache-2.0
"""Defects found in other libraries that ours must not share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.diagnostics import Diagnostics
from simulator.estimators import ESTIMATORS
from simulator.intervals.bootstrap import bootstrap_interval
from simulator.intervals.empirical_bernstein import empirical_bernstein_interval
from simulator.logs.partition import Partition, Target
from simulator.tuning import Tuned
from simulator.verdict import judge


def rows(reward: list[float], propensity: list[float]) -> Partition:
    """A log of one arm."""
    return Partition(np.array(reward), np.array(propensity), np.zeros(len(reward), dtype=np.int64))


def test_tuning_keeps_nothing_of_an_earlier_log() -> None:
    """A tuned estimator chooses anew for every log (obp 0.5.7 keeps the first log's choice)."""
    g = np.random.default_rng(1)
    mild = rows(list(g.random(500)), [0.5] * 500)
    wild = rows([1.0] * 500, [0.5] * 499 + [0.0005])
    policy = Target(np.full(500, 0.5))
    used = Tuned.of("clipped_ips", settings=[1000.0, 1.0])
    used.add(mild, policy)
    before = used.chosen()
    used.add(wild, policy)
    fresh = Tuned.of("clipped_ips", settings=[1000.0, 1.0])
    fresh.add(mild, policy)
    fresh.add(wild, policy)
    assert before is used.grid[0]
    assert used.estimate() == fresh.estimate()
    assert used.chosen() is used.grid[1]


def test_marginal_weights_multiply_nothing(sample: Any) -> None:
    """Weights of features are a ratio of sums over arms (obp's self-normalised form multiplies marginals)."""
    estimator: Any = ESTIMATORS["marginalised_ips"]()
    logged, policy = sample.logged, sample.target.probabilities
    estimator.add(logged, sample.target)
    alike = logged.likelihood > 0
    w = (policy * alike).sum(axis=1) / (logged.probabilities * alike).sum(axis=1)
    assert estimator.estimate().value == pytest.approx(float((w * logged.reward).mean()), abs=1e-12)


def test_bernstein_takes_no_range_from_the_sample(sample: Any) -> None:
    """The range of the terms must be given (obp falls back to the sample's largest, which is no bound)."""
    estimator = ESTIMATORS["ips"]()
    estimator.add(sample.logged, sample.target)
    answer = estimator.estimate()
    assert answer is not None
    with pytest.raises(TypeError, match="term_range"):
        empirical_bernstein_interval(answer)  # type: ignore[call-arg]
    with pytest.raises(Invalid, match="finite range"):
        empirical_bernstein_interval(answer, term_range=(0.0, float("inf")))


def test_bootstrap_of_a_ratio_resamples_its_normaliser() -> None:
    """One heavy row without reward widens SNIPS upwards (obp keeps the normaliser fixed)."""
    reward = [1.0, 0.0] * 200 + [0.0]
    log = rows(reward, [0.5] * 400 + [0.0005])
    estimator: Any = ESTIMATORS["snips"]()
    estimator.add(log, Target(np.full(401, 0.5)))
    interval = bootstrap_interval(estimator.sums, resamples=2000, seed=3)
    assert interval.low < 0.1
    assert interval.high > 0.4


@pytest.mark.parametrize("propensity", [0.0, -0.1, 1.5, float("nan"), float("inf")])
def test_impossible_propensities_are_refused(propensity: float) -> None:
    """Propensities outside (0, 1] are refused (obp takes those above 1)."""
    with pytest.raises(Invalid, match=r"propensity: got .* allowed \(0, 1\]"):
        rows([1.0], [propensity])


@pytest.mark.parametrize("reward", [float("nan"), float("inf")])
def test_rewards_that_are_no_numbers_are_refused(reward: float) -> None:
    """Rewards that are not finite are refused (obp answers nan)."""
    with pytest.raises(Invalid, match="reward: got"):
        rows([reward], [0.5])


def test_a_deterministic_logger_cannot_tell() -> None:
    """A log without exploration gets a verdict (obp answers a number without a word)."""
    log = rows([1.0, 0.0, 1.0, 0.0] * 25, [1.0] * 100)
    seen = Diagnostics()
    seen.add(log, Target(np.full(100, 0.3)))
    verdict = judge(seen.diagnose())
    assert verdict.word == "cannot tell"
    assert "deterministic" in verdict.reasons[0]


def test_one_row_with_most_of_the_weight_cannot_tell() -> None:
    """One row with two thirds of all weight gets "cannot tell", naming the row (peers are silent)."""
    log = rows([0.0, 1.0] * 500 + [0.0], [0.5] * 1000 + [0.00025])
    seen = Diagnostics()
    seen.add(log, Target(np.full(1001, 0.5)))
    diagnosis = seen.diagnose()
    assert diagnosis is not None
    assert diagnosis.effective_rows < 4
    verdict = judge(diagnosis)
    assert verdict.word == "cannot tell"
    assert "one row (row 1000) holds 67% of all weight" in verdict.reasons

# SPDX-License-Identifier: Apache-2.0
"""Logs of worlds tell estimators nothing but what was logged, and the truth is beside them."""

from __future__ import annotations

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.estimators.dr import DR
from simulator.estimators.ips import IPS
from simulator.evaluation.fitting import fit_on
from simulator.evaluation.results import Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.intervals.confidence_sequence import ConfidenceSequence
from simulator.logs.partition import Target
from simulator.simulation.logged import logged
from simulator.simulation.season import Task
from simulator.targets import build_target
from simulator.worlds.supervised import softened

RUNS = 60


def test_rows_are_those_that_were_decided() -> None:
    """Propensities are entries of vectors that sum to 1 over the arms that could be shown."""
    season = logged(Task(world="cold_start:arms=4,life=100", policy="thompson", seed=1, rounds=300))
    rows, n = season.rows, np.arange(300)
    assert rows.probabilities is not None
    assert rows.eligible is not None
    np.testing.assert_allclose(rows.probabilities.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_array_equal(rows.probabilities[n, rows.action], rows.propensity)
    assert (rows.eligible.sum(axis=1) == 4).all()
    assert (rows.probabilities[~rows.eligible] == 0).all()
    assert (season.rates[~rows.eligible] == 0).all()


def test_delayed_rewards_end_up_with_their_decision() -> None:
    """What arrives later is the reward of its own row: rewards follow the rates of their rows."""
    season = logged(Task(world="delayed:lag=50", policy="uniform", seed=2, rounds=2_000))
    expected = season.rates[np.arange(2_000), season.rows.action]
    assert season.rows.reward.mean() == pytest.approx(expected.mean(), abs=0.03)
    assert np.corrcoef(season.rows.reward, expected)[0, 1] > 0.3


def test_pages_of_several_slots_are_refused() -> None:
    """A row is a decision of one slot."""
    with pytest.raises(Invalid, match="world cascade: got 4 slots; allowed 1"):
        logged(Task(world="cascade", policy="uniform", seed=3, rounds=10))


@pytest.mark.parametrize("world", ["drifting", "headlines:tests=1,lift=8", "digits:noise=0.05"])
def test_estimates_from_learning_loggers_are_near_the_truth(world: str) -> None:
    """In seven of eight logs of a learning LinUCB, intervals of SNIPS and of DR contain the truth."""
    missed = np.zeros(2)
    for seed in range(8):
        season = logged(Task(world=world, policy="linucb", seed=seed, rounds=400, floor=0.05, together=8))
        truth = season.value(np.full(season.rates.shape, 1 / len(season.arms)))
        log = season.log()
        options = Options(
            estimators=build_estimators(["snips", "dr"], modelled=True), reward_range=(0.0, 1.0)
        )
        result = evaluate(log, [build_target("uniform")], options=options, model=fit_on(log, seed=seed))
        for i, answer in enumerate(result.policies[0].answers):
            assert answer.interval is not None
            missed[i] += not answer.interval.low <= truth <= answer.interval.high
    assert (missed <= 1).all()


def test_a_reward_model_takes_noise_out_of_weighted_rewards() -> None:
    """On logs of a learning Thompson sampler, the mean error of DR is well below that of IPS."""
    errors: dict[str, list[float]] = {"ips": [], "dr": []}
    for seed in range(12):
        task = Task(
            world="digits:noise=0.05", policy="thompson", seed=seed, rounds=500, floor=0.05, together=8
        )
        season = logged(task)
        vectors = softened(season.rates, sharpness=3.0, floor=0.1)
        rows = season.rows.partition()
        target = Target.of(rows, vectors, q=fit_on(season.log(), seed=seed)(season.rows))
        for estimator in (IPS(), DR()):
            estimator.add(rows, target)
            errors[estimator.name].append(abs((estimator.sums.value() or 0.0) - season.value(vectors)))
    assert np.mean(errors["dr"]) < 0.9 * np.mean(errors["ips"]) < 0.09


@pytest.mark.parametrize("policy", ["linucb", "thompson"])
def test_sequences_hold_at_every_time_while_the_logger_learns(policy: str) -> None:
    """In 60 logs, bounds at 90 % exclude the truth at any time in at most 10; usual intervals in 20 or more.

    Were it exactly 10 %, eleven or more would have a probability of 3 %.
    """
    missed, missed_by_normal = 0, 0
    for seed in range(RUNS):
        task = Task(
            world="headlines:tests=1,lift=8", policy=policy, seed=seed, rounds=300, floor=0.05, together=10
        )
        season = logged(task)
        vectors = softened(season.rates, sharpness=20.0, floor=0.3)
        rows, truth = season.rows.partition(), season.value(vectors)
        target = Target.of(rows, vectors)
        low, high = ConfidenceSequence(reward_range=(0.0, 1.0), level=0.9).add(rows, target)
        missed += bool((low > truth).any() or (high < truth).any())
        terms = target.probability / rows.propensity * rows.reward
        n = np.arange(1, 301)
        means = terms.cumsum() / n
        half = 1.645 * np.sqrt((np.square(terms).cumsum() / n - means**2) / n)
        missed_by_normal += bool((np.abs(means - truth) > half)[30:].any())
    assert missed <= 10
    assert missed_by_normal >= 20

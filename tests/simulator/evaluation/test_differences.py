# SPDX-License-Identifier: Apache-2.0
"""Policies against each other on the same rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from simulator.evaluation.as_json import as_json
from simulator.evaluation.as_table import notes
from simulator.evaluation.fitting import fit_on
from simulator.evaluation.results import Evaluation, Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.logs.rows import Log, Rows, in_batches
from simulator.targets import build_target

N, MEANS = 5000, np.array([0.2, 0.3, 0.5])


@pytest.fixture(scope="module")
def log() -> Log:
    """A uniform logger over three arms."""
    g = np.random.default_rng(4)
    action = g.integers(0, 3, N)
    rows = Rows(
        reward=(g.random(N) < MEANS[action]).astype(float),
        action=action,
        propensity=np.full(N, 1 / 3),
        probabilities=np.full((N, 3), 1 / 3),
    )

    def batches() -> Iterator[Rows]:
        return in_batches(rows, size=1000)

    return Log(("a", "b", "c"), (), batches, count=N)


def evaluated(log: Log, *policies: str, estimators: tuple[str, ...] = ("ips", "snips")) -> Evaluation:
    """An evaluation of some policies."""
    modelled = "dr" in estimators
    makers = build_estimators(estimators, modelled=modelled)
    options = Options(estimators=makers, reward_range=(0.0, 1.0))
    model = fit_on(log) if modelled else None
    return evaluate(log, [build_target(text) for text in policies], options=options, model=model)


def test_all_pairs_of_a_few_policies(log: Log) -> None:
    """Each policy is compared with those before it, and the truth lies within the interval."""
    found = evaluated(log, "uniform", "fixed:arm=a", "fixed:arm=c").differences
    assert [(one.first, one.second, one.estimator) for one in found] == [
        ("fixed:arm=a", "uniform", "snips"),
        ("fixed:arm=c", "uniform", "snips"),
        ("fixed:arm=c", "fixed:arm=a", "snips"),
    ]
    for one, truth in zip(found, (0.2 - 1 / 3, 0.5 - 1 / 3, 0.3), strict=True):
        assert one.difference.low < truth < one.difference.high


def test_pairing_knows_what_policies_share(log: Log) -> None:
    """Policies that hardly differ are told apart more sharply than their own intervals suggest."""
    result = evaluated(log, "greedy:epsilon=0.9", "greedy:epsilon=1", estimators=("dr",))
    (one,) = result.differences
    own = result.policies[0].answers[0].interval
    assert own is not None
    assert one.estimator == "dr"
    assert one.difference.high - one.difference.low < (own.high - own.low) / 3


def test_of_many_policies_each_is_compared_with_the_first(log: Log) -> None:
    """Fifteen pairs would be a table nobody reads."""
    greedy = [f"greedy:epsilon={share}" for share in (0, 0.1, 0.2, 0.3, 0.4)]
    found = evaluated(log, "uniform", *greedy, estimators=("snips", "dr")).differences
    assert [(one.first, one.second) for one in found] == [(text, "uniform") for text in greedy]


def test_what_cannot_be_paired_is_left_out(log: Log) -> None:
    """Empirical likelihood keeps no sums that could be paired."""
    found = evaluated(log, "uniform", "fixed:arm=a", estimators=("empirical_likelihood",)).differences
    assert found == ()


def test_differences_are_told(log: Log) -> None:
    """They stand in the notes and in the JSON."""
    result = evaluated(log, "uniform", "fixed:arm=c")
    (told,) = as_json(result)["differences"]
    assert (told["policy"], told["than"], told["estimator"]) == ("fixed:arm=c", "uniform", "snips")
    assert told["low"] < told["value"] < told["high"]
    assert (told["verdict"], told["reasons"]) == ("trust", [])
    assert any(note.startswith(f"fixed:arm=c over uniform: {told['value']:+.4g} (") for note in notes(result))


@pytest.mark.parametrize("rows", [10_000, 40_000])
def test_one_large_order_lets_no_arm_win(rows: int) -> None:
    """Four arms that are alike, 3 % spend 10 to 30, one order of 50,000: no lift without 0, and no trust."""
    g = np.random.default_rng(3)
    action = g.integers(0, 4, rows)
    reward = g.uniform(10, 30, rows) * (g.random(rows) < 0.03)
    large = int(np.flatnonzero(action == 1)[2])
    reward[large] = 50_000.0
    whole = Rows(
        reward=reward,
        action=action,
        propensity=np.full(rows, 0.25),
        probabilities=np.full((rows, 4), 0.25),
    )

    def batches() -> Iterator[Rows]:
        return in_batches(whole, size=5_000)

    spends = Log(("a0", "a1", "a2", "a3"), (), batches, count=rows)
    policies = [build_target(text) for text in ("uniform", "fixed:arm=a1", "fixed:arm=a2")]
    result = evaluate(
        spends, policies, options=Options(estimators=build_estimators(["snips"], modelled=False))
    )
    for policy in result.policies[1:]:
        (answer,) = policy.answers
        assert answer.lift is not None
        assert answer.lift.low < 0 < answer.lift.high
        assert answer.verdict.word == "cannot tell"
    assert f"one row (row {large}) carries" in result.policies[1].answers[0].verdict.reasons[0]
    for one in result.differences:
        assert one.difference.low < 0 < one.difference.high
        assert one.verdict.word == "cannot tell"
        assert any(
            note.startswith(f"{one.first} over {one.second}") and "cannot tell" in note
            for note in notes(result)
        )

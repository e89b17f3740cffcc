# SPDX-License-Identifier: Apache-2.0
"""Every estimator says in its class whose interval it has and what its verdict looks at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulator.estimators import ESTIMATORS
from simulator.estimators.reading import Reading
from simulator.evaluation.answers import Finish
from simulator.evaluation.logged import LoggedSums
from simulator.evaluation.results import Answer, Options
from simulator.evaluation.specs import build_estimators
from simulator.evaluation.tally import Tally
from simulator.logs.partition import Partition, Target
from simulator.targets import build_target

NAMES = [*sorted(ESTIMATORS), "tuned:kind=clipped_ips", "tuned:kind=dros"]


def read(name: str, request: pytest.FixtureRequest, rewards: Any = None) -> tuple[Answer, Answer]:
    """The answer of one estimator on rows that have all it needs, with other rewards; and the logger's."""
    maker = build_estimators([name], modelled=True)[name]
    several = {"logger", "mixture"} & maker().needs
    rows = request.getfixturevalue("two_loggers" if several else "sample")
    logged, model = rows.logged, rows.model
    if rewards is not None:
        logged = replace(logged, reward=np.full(logged.rows, rewards))
        model = np.full(model.shape, rewards)
    vectors = np.eye(6)[rows.model.argmax(axis=1)] if name == "replay" else rows.target.probabilities
    options = Options(estimators={name: maker})
    tally = Tally.of(build_target("uniform"), options, modelled=True)
    tally.add(logged, Target.of(logged, vectors, q=model), weighted=True)
    earned = LoggedSums()
    earned.add(logged, q=model)
    finish = Finish(options, earned.reward_range(None), (), earned, 0.0)
    return finish.result(tally).answers[0], finish.logger_answer()


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_every_class_says_how_it_is_read(name: str) -> None:
    """A new estimator cannot get an interval or a verdict that it did not choose."""
    assert isinstance(vars(ESTIMATORS[name]).get("reading"), Reading)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rewards", [None, 0.0, 1.0, -2.0])
def test_no_interval_is_a_point(name: str, rewards: float | None, request: pytest.FixtureRequest) -> None:
    """Rewards that are all alike do not make an estimate exact: 200 rows without a click may miss some."""
    answer, _ = read(name, request, rewards)
    if answer.estimate is None or answer.interval is None:
        # loggers whose rows are all alike cannot be weighed by their variance: that is said, not guessed
        assert name in ("weighted_ips", "weighted_dr")
        assert rewards is not None
        return
    assert answer.interval.low <= answer.estimate.value <= answer.interval.high
    assert answer.interval.high - answer.interval.low > 1e-3


@pytest.mark.parametrize(
    ("name", "whose"),
    [("ips", "snips"), ("snips", "snips"), ("dr", "sndr"), ("balanced_ips", "balanced_ips")],
)
def test_whose_interval_it_is_stands_in_the_answer(
    name: str, whose: str, request: pytest.FixtureRequest
) -> None:
    """IPS has the interval of SNIPS, and says so."""
    assert read(name, request)[0].interval_of == whose


@pytest.mark.parametrize(
    ("rewards", "span"), [(0.0, (0.0, 1.0)), (1.0, (0.0, 1.0)), (5.0, (0.0, 5.0)), (-1.0, (-1.0, 0.0))]
)
def test_rewards_all_alike_span_to_nothing(rewards: float, span: tuple[float, float]) -> None:
    """A log of clicks alone says that there are clicks, and that there may be none: 0 to 1, not 1 to 2."""
    earned = LoggedSums()
    earned.add(
        Partition(reward=np.full(3, rewards), propensity=np.ones(3), action=np.zeros(3, dtype=np.int64))
    )
    assert earned.reward_range(None) == span


@pytest.mark.parametrize(("n", "word"), [(1, "cannot tell"), (29, "cannot tell"), (100, "caution")])
def test_the_logger_is_judged_as_well(n: int, word: str) -> None:
    """What one row earned says nothing of what the next one will."""
    earned = LoggedSums()
    reward = np.tile([0.0, 1.0], n)[:n]
    earned.add(Partition(reward=reward, propensity=np.full(n, 0.5), action=np.zeros(n, dtype=np.int64)))
    finish = Finish(Options(estimators={}), (0.0, 1.0), (), earned, 0.0)
    verdict = finish.logger_answer().verdict
    assert verdict.word == word
    assert verdict.reasons[0].startswith("1 row," if n == 1 else f"{n} rows,")

# SPDX-License-Identifier: Apache-2.0
"""What every estimator of the table must do; a new one is picked up by itself."""

from __future__ import annotations

import pickle
from typing import Any, cast

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.estimators import ESTIMATORS
from simulator.estimators.protocol import Estimate
from simulator.logs.partition import Partition, Target

NAMES = sorted(ESTIMATORS)


def needs(name: str) -> frozenset[str]:
    """What an estimator asks of its rows, which its class says."""
    found: frozenset[str] = cast("Any", ESTIMATORS[name]).needs
    return found


@pytest.fixture
def rows(request: pytest.FixtureRequest, name: str) -> Any:
    """Rows that have everything that the estimator needs."""
    several = {"logger", "mixture"} & needs(name)
    whole = request.getfixturevalue("two_loggers" if several else "sample")
    if name != "replay":
        return whole
    best = np.eye(6)[whole.model.argmax(axis=1)]
    return type(whole)(whole.logged, Target.of(whole.logged, best, q=whole.model), whole.model)


def estimate(name: str, parts: list[Any]) -> Estimate:
    """One estimator for each part, merged."""
    several = [ESTIMATORS[name]() for _ in parts]
    for estimator, part in zip(several, parts, strict=True):
        estimator.add(part.logged, part.target)
    for other in several[1:]:
        several[0].merge(other)
    answer = several[0].estimate()
    assert answer is not None
    return answer


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("parts", [2, 7])
def test_merged_to_the_byte(name: str, parts: int, rows: Any, cut: Any) -> None:
    """Partitions added one after the other, or apart and merged in that order, leave the same bytes."""
    one, merged = ESTIMATORS[name](), ESTIMATORS[name]()
    for part in cut(rows, parts):
        one.add(part.logged, part.target)
        alone = ESTIMATORS[name]()
        alone.add(part.logged, part.target)
        merged.merge(pickle.loads(pickle.dumps(alone)))  # noqa: S301 - our own bytes
    assert state(merged) == state(one)


def state(value: Any) -> Any:
    """Everything that an estimator holds, arrays as their bytes."""
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if isinstance(value, list):
        return [state(one) for one in value]
    if isinstance(value, dict):
        return {key: state(one) for key, one in value.items()}
    return {key: state(one) for key, one in vars(value).items()} if hasattr(value, "__dict__") else value


@pytest.mark.parametrize("name", NAMES)
def test_answers_are_plain_numbers(name: str, rows: Any) -> None:
    """What goes into JSON is a float of Python's."""
    answer = estimate(name, [rows])
    assert {type(value) for value in (getattr(answer, slot) for slot in answer.__slots__)} == {float}


@pytest.mark.parametrize("name", NAMES)
def test_no_rows_no_answer(name: str) -> None:
    """Without rows the answer is None, not 0."""
    assert ESTIMATORS[name]().estimate() is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("parts", [2, 7, 200])
def test_splits_do_not_matter(name: str, parts: int, rows: Any, cut: Any) -> None:
    """Partitions merged give what one pass gives."""
    whole, merged = estimate(name, [rows]), estimate(name, cut(rows, parts))
    assert merged.value == pytest.approx(whole.value, abs=1e-12)
    assert merged.standard_error == pytest.approx(whole.standard_error, rel=1e-9)
    assert merged.effective_rows == pytest.approx(whole.effective_rows, rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_partition_changes_nothing(name: str, rows: Any) -> None:
    """Rows may be missing from a partition altogether."""
    nothing = slice(0, 0)
    none = type(rows)(rows.logged.take(nothing), rows.target.take(nothing), rows.model[nothing])
    assert estimate(name, [rows, none]) == estimate(name, [rows])


@pytest.mark.parametrize("name", NAMES)
def test_same_rows_same_bytes(name: str, rows: Any) -> None:
    """The same rows give the same bytes, so that work may be spread over processes."""
    first, second = ESTIMATORS[name](), ESTIMATORS[name]()
    for estimator in (first, second):
        estimator.add(rows.logged, rows.target)
    assert pickle.dumps(first) == pickle.dumps(second)


@pytest.mark.parametrize("name", [name for name in NAMES if needs(name)])
def test_refuses_what_it_cannot_support(name: str, rows: Any) -> None:
    """Rows that lack what the estimator needs are refused, and nothing changes."""
    logged = rows.logged
    bare = Partition(reward=logged.reward, propensity=logged.propensity, action=logged.action)
    estimator = ESTIMATORS[name]()
    with pytest.raises(Invalid, match=f"^{name}: got"):
        estimator.add(bare, Target(rows.target.probability))
    assert estimator.estimate() is None


@pytest.mark.parametrize("name", NAMES)
def test_logging_policy_is_worth_what_it_earned(name: str, sample: Any) -> None:
    """Evaluating the logger on its own rows gives its mean reward, when the reward model is exact."""
    alone = name in ("replay", "marginalised_ips")
    shown = np.eye(6)[sample.logged.action] if alone else np.full((200, 6), 1 / 6)
    logged = Partition(
        reward=sample.logged.reward,
        propensity=shown[np.arange(200), sample.logged.action],
        action=sample.logged.action,
        probabilities=shown,
        likelihood=sample.logged.likelihood,
        logger=np.zeros(200, dtype=np.int64),
        mixture=shown[np.arange(200), sample.logged.action],
    )
    estimator = ESTIMATORS[name]()
    # one logger's rows must vary to be weighed by their variance, so its model is half right
    wrong = 0.5 if name == "weighted_dr" else 0.0
    model = np.repeat((1 - wrong) * logged.reward[:, None] + wrong / 2, 6, axis=1)
    estimator.add(logged, Target.of(logged, shown, q=model))
    answer = estimator.estimate()
    assert answer is not None
    assert answer.value == pytest.approx(logged.reward.mean(), abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_sampled_rows_count_for_those_they_stand_for(name: str, rows: Any) -> None:
    """A log kept in full and the same log with every keep probability 1 give the same answer."""
    columns = {slot: getattr(rows.logged, slot) for slot in Partition.__slots__}
    kept = Partition(**{**columns, "keep": np.ones(rows.logged.rows)})
    again = type(rows)(kept, rows.target, rows.model)
    assert estimate(name, [again]).value == pytest.approx(estimate(name, [rows]).value, abs=1e-12)

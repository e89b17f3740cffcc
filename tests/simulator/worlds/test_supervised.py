# SPDX-License-Identifier: Apache-2.0
"""Supervised sets as worlds, and estimators scored against their truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from bandit.errors import Invalid
from simulator.evaluation.fitting import fit_on
from simulator.evaluation.results import Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.logs.partition import Floats
from simulator.targets import build_target
from simulator.worlds.supervised import SupervisedWorld, softened


@pytest.fixture(scope="module")
def digits() -> SupervisedWorld:
    """scikit-learn's bundled digits: 1,797 rows, ten arms."""
    x, y = load_digits(return_X_y=True)
    return SupervisedWorld(x / 16.0, y.astype(np.int64), tuple("0123456789"), noise=0.05)


def half_right(world: SupervisedWorld, seed: int) -> Floats:
    """Scores of a logger that knows something."""
    g = np.random.default_rng(seed)
    return world.rates() + g.normal(scale=0.5, size=(world.label.shape[0], len(world.arms)))


def test_truth_is_what_the_policy_earns(digits: SupervisedWorld) -> None:
    """The mean reward of a large on-policy sample is the value; the best policy earns one minus the noise."""
    vectors = softened(half_right(digits, 1), sharpness=2.0, floor=0.1)
    earned = [next(digits.logged(vectors, seed=seed).batches()).reward.mean() for seed in range(30)]
    assert np.mean(earned) == pytest.approx(digits.value(vectors), abs=0.01)
    assert digits.value(np.eye(10)[digits.label]) == pytest.approx(0.95)


def test_intervals_contain_the_truth_on_digits(digits: SupervisedWorld) -> None:
    """In 30 seeded logs the intervals of SNIPS and DR miss the uniform policy's value at most four times."""
    truth = digits.value(np.full((1797, 10), 0.1))
    vectors = softened(half_right(digits, 2), sharpness=1.0, floor=0.1)
    names, misses, errors = ("snips", "dr"), np.zeros(2), np.zeros(2)
    for seed in range(30):
        log = digits.logged(vectors, seed=seed)
        options = Options(estimators=build_estimators(names, modelled=True), reward_range=(0.0, 1.0))
        result = evaluate(log, [build_target("uniform")], options=options, model=fit_on(log, seed=seed))
        for i, answer in enumerate(result.policies[0].answers):
            assert answer.estimate is not None
            assert answer.interval is not None
            misses[i] += not answer.interval.low <= truth <= answer.interval.high
            errors[i] += abs(answer.estimate.value - truth) / 30
    assert (misses <= 4).all()
    assert (errors < 0.02).all()


def test_tables_become_worlds(tmp_path: Path) -> None:
    """The first column is the class unless another one is named; words become levels."""
    path = tmp_path / "set.csv"
    path.write_text("kind,size,colour\nedible,1,red\npoison,3,green\nedible,2,red\n")
    world = SupervisedWorld.from_table(path)
    assert world.arms == ("edible", "poison")
    assert world.label.tolist() == [0, 1, 0]
    assert world.context.shape == (3, 3)
    np.testing.assert_allclose(world.context.mean(axis=0), 0.0, atol=1e-12)
    assert SupervisedWorld.from_table(path, label="colour").arms == ("green", "red")
    assert SupervisedWorld.from_table(path, headed=False).label.shape == (4,)


def test_softened_vectors_are_policies() -> None:
    """Rows sum to 1 and every arm keeps its share of the floor."""
    vectors = softened(np.array([[1.0, 900.0, -5.0]]), sharpness=3.0, floor=0.3)
    assert vectors.sum() == pytest.approx(1.0)
    assert vectors.min() == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("text", "label", "message"),
    [("a,b\n1,2\n", "c", "label: got 'c'; allowed a, b"), ("a,b\n1\n", "a", "rows of other than 2 columns")],
)
def test_tables_that_are_no_set(tmp_path: Path, text: str, label: str, message: str) -> None:
    """A missing label or a ragged table is refused."""
    path = tmp_path / "set.csv"
    path.write_text(text)
    with pytest.raises(Invalid, match=message):
        SupervisedWorld.from_table(path, label=label)


def test_vectors_of_another_shape_are_refused(digits: SupervisedWorld) -> None:
    """A logger must have a probability for every row and arm."""
    with pytest.raises(Invalid, match=r"vectors: got shape \(3, 10\); allowed \(1797, 10\)"):
        digits.logged(np.full((3, 10), 0.1), seed=0)

# SPDX-License-Identifier: Apache-2.0
"""The cached inverses follow the sums, however they came about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from policies import Contributions
from policies.memory import Memory
from policies.ridge import Ridge

Learn = Callable[..., Contributions]
Vectors = Callable[..., NDArray[np.float64]]


def fresh(ridge: Ridge, arm: str) -> tuple[np.ndarray, np.ndarray]:
    """Compute theta and A^-1 of an arm from the sums, the plain way."""
    d = ridge.sums.dimension
    total = ridge.sums.totals([ridge.sums.rows[arm]])[0]
    matrix = ridge.sums.packing.unpack(total[2 + 2 * d :]) + ridge.l2 * np.eye(d)
    return np.linalg.solve(matrix, total[2 : 2 + d]), np.linalg.inv(matrix)


def teach(ridge: Ridge, learned: Contributions) -> None:
    """Add contributions to the sums."""
    ridge.sums.add(learned.arms, learned.x, learned)


@pytest.mark.parametrize("batch", [1, 3, 40])
@pytest.mark.parametrize("memory", [Memory(), Memory(half_life_days=2.0)])
def test_follows_the_sums_step_by_step(batch: int, memory: Memory, evidence: Learn, part: Learn) -> None:
    """Rank-one updates and rebuilding agree with solving from scratch after every batch."""
    ridge = Ridge(dimension=16, l2=0.5, memory=memory)
    learned = evidence(240, dimension=16)
    for start in range(0, 240, batch):
        teach(ridge, part(learned, np.arange(start, min(start + batch, 240))))
        for arm in ridge.sums.rows:
            theta, inverse = fresh(ridge, arm)
            np.testing.assert_allclose(ridge.theta(arm), theta, rtol=0, atol=1e-11)
            np.testing.assert_allclose(ridge.covariance(arm), inverse, rtol=0, atol=1e-11)


def test_many_arms_at_once_follow_the_sums() -> None:
    """A few vectors each for many arms, some weighed less, agree with solving from scratch every round."""
    rng = np.random.default_rng(11)
    arms, d = [f"arm-{n}" for n in range(12)], 24
    ridge = Ridge(dimension=d, l2=0.5)
    for _ in range(80):
        shown = [arm for arm in arms for _ in range(rng.integers(ridge.sums.changes.most))]
        n = len(shown)
        x = np.rint(np.clip(rng.normal(size=(n, d)), -4, 4) * 1024) / 1024
        weight, reward = rng.integers(1, 257, size=n) / 256, rng.integers(2, size=n).astype(np.float64)
        teach(ridge, Contributions(shown, x, weight, reward, reward, np.ones(n), np.zeros(n, dtype=np.int64)))
        for arm in ridge.sums.rows:
            theta, inverse = fresh(ridge, arm)
            np.testing.assert_allclose(ridge.theta(arm), theta, rtol=0, atol=1e-11)
            np.testing.assert_allclose(ridge.covariance(arm), inverse, rtol=0, atol=1e-11)
    assert len(ridge.sums.rows) == len(arms)


def test_a_reward_alone_moves_theta(evidence: Learn) -> None:
    """A correction with weight 0 changes theta and leaves A^-1."""
    ridge = Ridge(dimension=4, l2=1.0)
    learned = evidence(20)
    teach(ridge, learned)
    before = ridge.covariance("a")
    zeros = np.zeros(20)
    teach(
        ridge,
        Contributions(
            learned.arms, learned.x, zeros, learned.change, learned.reward, learned.propensity, learned.day
        ),
    )
    np.testing.assert_array_equal(ridge.covariance("a"), before)
    np.testing.assert_allclose(ridge.theta("a"), fresh(ridge, "a")[0], rtol=0, atol=1e-12)


@settings(max_examples=12)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([0.01, 1.0, 4.0]))
def test_many_updates_stay_accurate_and_definite(seed: int, scale: float) -> None:
    """After 1,000 single updates, also along one direction at the clip, A^-1 is right to 1e-9."""
    rng = np.random.default_rng(seed)
    d, n = 12, 1_000
    directions = rng.normal(size=(3, d)) if seed % 2 else rng.normal(size=(n, d))
    x = np.rint(np.clip(directions[rng.integers(len(directions), size=n)] * scale, -4, 4) * 1024) / 1024
    ridge = Ridge(dimension=d, l2=1.0)
    ones, zeros = np.ones(1), np.zeros(1)
    for vector in x:
        teach(
            ridge,
            Contributions(["a"], vector[None, :], ones, zeros, zeros, ones, np.zeros(1, dtype=np.int64)),
        )
        ridge.refresh()
    inverse, expected = ridge.covariance("a"), fresh(ridge, "a")[1]
    assert np.abs(inverse - expected).max() <= 1e-9 * np.abs(expected).max()
    assert np.linalg.eigvalsh(inverse).min() > 0.0


def test_a_million_updates_at_the_clip_stay_accurate_and_definite() -> None:
    """Five views at a time along a few directions: A^-1 is right to 1e-9 all along."""
    rng = np.random.default_rng(3)
    d, n = 30, 5
    directions = np.rint(np.clip(rng.normal(size=(4, d)) * 9, -4, 4) * 1024) / 1024
    ridge = Ridge(dimension=d, l2=1.0)
    ones, zeros, day = np.ones(n), np.zeros(n), np.zeros(n, dtype=np.int64)
    # By Woodbury's formula, from a small system that is well conditioned.
    counts, gram = np.zeros(4), directions @ directions.T
    for update in range(1, 200_001):
        shown = rng.integers(4, size=n)
        counts += np.bincount(shown, minlength=4)
        teach(ridge, Contributions(["a"] * n, directions[shown], ones, zeros, zeros, ones, day))
        ridge.refresh()
        if update % 9_973 == 0 or update == 200_000:
            middle = np.linalg.inv(np.diag(1.0 / counts) + gram)
            expected = np.eye(d) - directions.T @ middle @ directions
            inverse = ridge.covariance("a")
            assert np.abs(inverse - expected).max() <= 1e-9 * np.abs(expected).max()
            assert np.linalg.eigvalsh(inverse).min() > 0.0


def test_what_is_taken_away_first_does_no_harm(evidence: Learn, negative: Learn) -> None:
    """Removals that arrive before what they remove leave a positive definite belief, then an exact one."""
    ridge = Ridge(dimension=4, l2=1.0)
    learned = evidence(30)
    teach(ridge, negative(learned))
    assert np.linalg.eigvalsh(ridge.covariance("a")).min() > 0.0
    teach(ridge, learned)
    np.testing.assert_allclose(ridge.covariance("a"), np.eye(4), rtol=0, atol=1e-12)


def test_what_comes_back_one_by_one_is_exact_as_well(evidence: Learn, negative: Learn, part: Learn) -> None:
    """A belief that had to be made definite is never extended: it would stay wrong."""
    ridge = Ridge(dimension=4, l2=1.0)
    learned = evidence(30, arms=("a",))
    teach(ridge, negative(learned))
    for i in range(30):
        ridge.refresh()
        teach(ridge, part(learned, np.array([i])))
    np.testing.assert_allclose(ridge.covariance("a"), np.eye(4), rtol=0, atol=1e-12)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("asked", [("a",), ("a", "new", "b"), ("c", "b", "a", "new", "new2")])
def test_predictions_are_the_formulas(
    shared: bool, asked: tuple[str, ...], evidence: Learn, vectors: Vectors
) -> None:
    """x'theta and x'A^-1 x, for arms in any order, known or not, with one vector or one each."""
    ridge = Ridge(dimension=4, l2=2.0)
    teach(ridge, evidence(100, arms=("a", "b", "c", "d", "e", "f", "g")))
    x = vectors(3, 1 if shared else len(asked), 4, seed=7)
    mean, spread = ridge.predict(asked, x)
    for k, arm in enumerate(asked):
        theta, inverse = fresh(ridge, arm) if arm in ridge.sums.rows else (np.zeros(4), np.eye(4) / 2.0)
        vector = x[:, 0 if shared else k]
        np.testing.assert_allclose(mean[:, k], vector @ theta, rtol=0, atol=1e-12)
        np.testing.assert_allclose(
            spread[:, k], np.einsum("bi,ij,bj->b", vector, inverse, vector), atol=1e-12
        )


def test_the_prior_mean_is_what_is_expected_of_new_arms(evidence: Learn, vectors: Vectors) -> None:
    """Rewards are explained as deviations from the prior mean."""
    plain, hopeful = Ridge(dimension=4, l2=1.0), Ridge(dimension=4, l2=1.0, prior_mean=0.25)
    learned = evidence(60)
    teach(hopeful, learned)
    shifted = learned.change - 0.25
    teach(
        plain,
        Contributions(
            learned.arms, learned.x, learned.weight, shifted, shifted, learned.propensity, learned.day
        ),
    )
    x = vectors(2, 1, 4)
    expected = 0.25 + plain.predict(("a", "new"), x)[0]
    np.testing.assert_allclose(hopeful.predict(("a", "new"), x)[0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("views", [100, 10_000, 1_000_000])
def test_one_direction_at_the_clip_does_not_spoil_the_others(views: int) -> None:
    """However much is known along one vector, A^-1 is right to 1e-10 by the formula for one direction."""
    d, x = 32, np.full(32, 4.0)
    ridge = Ridge(dimension=d, l2=1.0)
    n = np.array([float(views)])
    # One contribution of a huge weight has the sums of as many equal ones.
    zeros, day = np.zeros(1), np.zeros(1, dtype=np.int64)
    teach(ridge, Contributions(["a"], x[None, :], n, zeros, zeros, np.ones(1), day))
    ridge.sums.changes.rebuild.add(0)
    expected = np.eye(d) - np.outer(x, x) / (1.0 / views + x @ x)
    np.testing.assert_allclose(ridge.covariance("a"), expected, rtol=0, atol=1e-10)

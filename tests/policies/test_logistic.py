# SPDX-License-Identifier: Apache-2.0
"""Online logistic regression and Thompson sampling on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from policies import Contributions, InvalidInput, build
from policies.logistic import laplace_step
from policies.packing import Packing

Learn = Callable[..., Contributions]


@pytest.mark.parametrize(("weight", "label"), [(1.0, 0.0), (1.0, 1.0), (0.25, 0.25), (0.0, 1.0), (1.0, 0.3)])
def test_a_step_finds_the_mode(weight: float, label: float) -> None:
    """The new mean minimises the penalised loss; the precision grows by the curvature there."""
    rng = np.random.default_rng(1)
    m, root, x = rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=3) * 2
    precision = root @ root.T + np.eye(3)

    def loss(w: NDArray[np.float64]) -> float:
        s = float(x @ w)
        return float(0.5 * (w - m) @ precision @ (w - m) + weight * np.logaddexp(0.0, s) - label * s)

    expected = minimize(loss, m, tol=1e-12).x
    packing = Packing(3)
    mean, covariance = m.copy(), packing.pack(np.asarray(np.linalg.inv(precision), dtype=np.float64))
    laplace_step(mean, covariance, x, weight=weight, label=label)
    np.testing.assert_allclose(mean, expected, rtol=0, atol=1e-5)
    p = expit(x @ mean)
    after = np.linalg.inv(precision + weight * p * (1 - p) * np.outer(x, x))
    np.testing.assert_allclose(packing.unpack(covariance), after, rtol=0, atol=1e-12)


@given(
    st.lists(st.lists(st.floats(-4, 4), min_size=3, max_size=3), min_size=1, max_size=5),
    st.sampled_from([-1.0, 0.0, 1.0]),
    st.floats(-1, 1),
    st.floats(0.05, 50.0),
)
def test_steps_always_end_somewhere_sane(
    vectors: list[list[float]], weight: float, label: float, variance: float
) -> None:
    """Removals and corrections at the clip keep means finite and covariances positive definite."""
    packing = Packing(3)
    mean, covariance = np.zeros(3), packing.pack(np.eye(3) * variance)
    for x in vectors:
        laplace_step(mean, covariance, np.array(x), weight=weight, label=label)
    assert np.isfinite(mean).all()
    assert np.linalg.eigvalsh(packing.unpack(covariance)).min() > 0.0


def test_learns_rates_that_depend_on_the_context() -> None:
    """After 4,000 views the believed rates of two kinds of visitor are near the true ones."""
    rng = np.random.default_rng(2)
    kind = rng.integers(2, size=4_000)
    x = np.column_stack([np.ones(4_000), kind])
    reward = (rng.random(4_000) < np.where(kind == 1, 0.3, 0.1)).astype(float)
    policy = build({"kind": "logistic_thompson"}, dimension=2)
    ones = np.ones(4_000)
    policy.update(
        Contributions(["a"] * 4_000, x, ones, reward, reward, ones, np.zeros(4_000, dtype=np.int64))
    )
    rates = policy.believe(("a",), np.array([[[1.0, 0.0]], [[1.0, 1.0]]])).mean[:, 0]
    np.testing.assert_allclose(rates, [0.1, 0.3], rtol=0, atol=0.03)


def test_a_late_reward_is_nearly_as_good_as_one_in_time(evidence: Learn, part: Learn) -> None:
    """Counting first and correcting ten views later ends close to learning the reward at once."""
    learned = evidence(600, arms=("a",))
    clicks = (learned.reward > 0.5).astype(float)
    zeros = np.zeros(600)
    at_once, late = (build({"kind": "logistic_thompson"}, dimension=4) for _ in range(2))
    at_once.update(replace(learned, change=clicks, reward=clicks))
    for start in range(0, 600, 10):
        now = np.arange(start, start + 10)
        late.update(part(replace(learned, change=zeros, reward=zeros), now))
        late.update(part(replace(learned, weight=zeros, change=clicks, reward=clicks), now))
    x = np.ones((1, 1, 4)) * 0.5
    expected = at_once.believe(("a",), x).mean[0, 0]
    assert late.believe(("a",), x).mean[0, 0] == pytest.approx(expected, abs=0.03)


def test_merging_is_refused(evidence: Learn) -> None:
    """Steps of different policies cannot be added, and the message says so."""
    policy = build({"kind": "logistic_thompson"}, dimension=4)
    assert not policy.additive
    with pytest.raises(
        InvalidInput, match="merge: got 'logistic_thompson'; allowed policies whose state is a sum"
    ):
        policy.merge(policy.dump())

# SPDX-License-Identifier: Apache-2.0
"""Hybrid and shared linear models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from policies import Contributions, InvalidSetting, build

Learn = Callable[..., Contributions]
Array = NDArray[np.float64]
K_SHARED, OWN = 3, 2


def algorithm_2(learned: Contributions, alpha: float, arms: tuple[str, ...], x: Array) -> Array:
    """Li et al. (2010), algorithm 2, line by line: the bound p_{t,a} of every arm of one request."""
    d, k = OWN, K_SHARED
    a_0, b_0 = np.eye(k), np.zeros(k)
    a = {arm: np.eye(d) for arm in {*learned.arms, *arms}}
    b = {arm: np.zeros(d) for arm in a}
    cross = {arm: np.zeros((d, k)) for arm in a}
    for arm, vector, r in zip(learned.arms, learned.x, learned.reward, strict=True):
        x_t, z_t = vector[:d], vector[-k:]
        inverse = np.linalg.inv(a[arm])
        a_0 += cross[arm].T @ inverse @ cross[arm]
        b_0 += cross[arm].T @ inverse @ b[arm]
        a[arm] += np.outer(x_t, x_t)
        cross[arm] += np.outer(x_t, z_t)
        b[arm] += r * x_t
        inverse = np.linalg.inv(a[arm])
        a_0 += np.outer(z_t, z_t) - cross[arm].T @ inverse @ cross[arm]
        b_0 += r * z_t - cross[arm].T @ inverse @ b[arm]
    inverse_0 = np.linalg.inv(a_0)
    beta = inverse_0 @ b_0
    found = []
    for arm, vector in zip(arms, x, strict=True):
        x_t, z_t, inverse = vector[:d], vector[-k:], np.linalg.inv(a[arm])
        theta = inverse @ (b[arm] - cross[arm] @ beta)
        s = z_t @ inverse_0 @ z_t - 2 * z_t @ inverse_0 @ cross[arm].T @ inverse @ x_t
        s += x_t @ inverse @ x_t
        s += x_t @ inverse @ cross[arm] @ inverse_0 @ cross[arm].T @ inverse @ x_t
        found.append(z_t @ beta + x_t @ theta + alpha * np.sqrt(s))
    return np.array(found)


def test_hybrid_is_algorithm_2(evidence: Learn, vectors: Callable[..., Array]) -> None:
    """Sums and elimination give the bounds of the published step-by-step updates."""
    learned, arms = evidence(200, dimension=5), ("a", "b", "c", "new")
    policy = build({"kind": "linucb_hybrid", "alpha": 0.7, "own": OWN, "shared": K_SHARED}, dimension=5)
    policy.update(learned)
    x = vectors(2, 4, 5, seed=8)
    belief = policy.believe(arms, x)
    for b in range(2):
        expected = algorithm_2(learned, 0.7, arms, x[b])
        np.testing.assert_allclose(belief.mean[b] + belief.width[b], expected, rtol=0, atol=1e-9)


def test_hybrid_is_ridge_regression_over_everything(evidence: Learn, vectors: Callable[..., Array]) -> None:
    """Means and variances are those of one big regression on shared and own coefficients."""
    learned, arms = evidence(80), ("a", "b", "c")
    policy = build({"kind": "linucb_hybrid", "alpha": 1.0, "l2": 0.5}, dimension=4)
    policy.update(learned)

    def wide(arm: str, vector: Array) -> Array:
        return np.concatenate([vector, *(vector * (arm == other) for other in arms)])

    design = np.array([wide(arm, vector) for arm, vector in zip(learned.arms, learned.x, strict=True)])
    inverse = np.linalg.inv(design.T @ design + 0.5 * np.eye(16))
    theta = inverse @ design.T @ learned.reward
    x = vectors(1, 1, 4, seed=3)
    belief = policy.believe(arms, x)
    for k, arm in enumerate(arms):
        vector = wide(arm, x[0, 0])
        assert belief.mean[0, k] == pytest.approx(vector @ theta, abs=1e-10)
        assert belief.width[0, k] == pytest.approx(np.sqrt(vector @ inverse @ vector), abs=1e-10)


@pytest.mark.parametrize("batch", [1, 3, 40])
@pytest.mark.parametrize("settings", [{}, {"half_life_days": 2.0, "prior_mean": 0.25}])
def test_hybrid_follows_its_sums_step_by_step(
    batch: int, settings: dict[str, float], evidence: Learn, part: Callable[..., Contributions], vectors: Any
) -> None:
    """Vector by vector it believes what a policy believes that starts from the same sums."""
    spec = {"kind": "linucb_hybrid", "own": 6, "shared": 5, **settings}
    policy, x = build(spec, dimension=8), vectors(2, 1, 8, seed=4)
    learned, arms = evidence(400, dimension=8), ("a", "b", "c", "new")
    for start in range(0, 400, batch):
        policy.update(part(learned, np.arange(start, min(start + batch, 400))))
        belief = policy.believe(arms, x)
        if start % 40 == 0 or start > 390:
            again = build(spec, dimension=8)
            again.load(policy.dump())
            expected = again.believe(arms, x)
            np.testing.assert_allclose(belief.mean, expected.mean, rtol=0, atol=1e-11)
            np.testing.assert_allclose(belief.width, expected.width, rtol=0, atol=1e-11)


def test_hybrid_is_exact_again_when_what_was_taken_away_comes_back(
    evidence: Learn, negative: Callable[..., Contributions], part: Callable[..., Contributions], vectors: Any
) -> None:
    """Sums that were indefinite for a while leave no trace in what is believed."""
    policy, learned, x = build({"kind": "linucb_hybrid"}, dimension=4), evidence(30), vectors(1, 1, 4)
    before = policy.believe(("a", "b"), x)
    policy.update(negative(learned))
    for i in range(30):
        assert np.isfinite(policy.believe(("a", "b"), x).mean).all()
        policy.update(part(learned, np.array([i])))
    after = policy.believe(("a", "b"), x)
    np.testing.assert_allclose(after.mean, before.mean, rtol=0, atol=1e-11)
    np.testing.assert_allclose(after.width, before.width, rtol=0, atol=1e-11)


def test_new_arms_start_from_what_all_have_in_common(evidence: Learn) -> None:
    """An arm never shown is expected to earn what the others earn, not nothing."""
    learned = evidence(600)
    learned.change[:] = learned.reward[:] = 0.5
    policy = build({"kind": "linucb_hybrid", "own_l2": 10.0}, dimension=4)
    policy.update(learned)
    intercept = np.array([[[1.0, 0.0, 0.0, 0.0]]])
    assert policy.believe(("new",), intercept).mean[0, 0] == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("field", ["own", "shared"])
def test_hybrid_parts_lie_within_the_vector(field: str) -> None:
    """More coefficients than features are refused."""
    with pytest.raises(InvalidSetting, match=f"{field}: got 6; allowed 1 to 5") as refused:
        build({"kind": "linucb_hybrid", field: 6}, dimension=5)
    assert refused.value.field == field


@pytest.mark.parametrize("kind", ["linucb_shared", "thompson_shared"])
def test_shared_models_are_one_regression(kind: str, evidence: Learn, vectors: Callable[..., Array]) -> None:
    """Arms do not matter, only their vectors do."""
    learned = evidence(70)
    policy = build({"kind": kind, "l2": 2.0}, dimension=4)
    policy.update(learned)
    inverse = np.linalg.inv(learned.x.T @ learned.x + 2.0 * np.eye(4))
    x = vectors(2, 3, 4, seed=5)
    belief = policy.believe(("a", "never seen", "b"), x)
    scale = policy.settings.alpha if kind == "linucb_shared" else policy.settings.v  # type: ignore[attr-defined]
    np.testing.assert_allclose(belief.mean, x @ inverse @ learned.x.T @ learned.reward, rtol=0, atol=1e-10)
    spread = np.einsum("bki,ij,bkj->bk", x, inverse, x)
    np.testing.assert_allclose(belief.width, scale * np.sqrt(spread), rtol=0, atol=1e-10)


def test_shared_thompson_draws_from_the_joint_posterior(
    evidence: Learn, vectors: Callable[..., Array]
) -> None:
    """Many draws approach the selection probabilities of correlated Gaussians."""
    policy = build({"kind": "thompson_shared", "v": 1.0, "draws": 100_000}, dimension=4)
    policy.update(evidence(10))
    x = vectors(1, 5, 4, seed=6)
    belief = policy.believe(("a", "b", "c", "d", "e"), x)
    covariance = belief.detail[0] @ belief.detail[0].T
    draws = np.random.default_rng(1).multivariate_normal(belief.mean[0], covariance, size=200_000)
    expected = np.bincount(draws.argmax(axis=1), minlength=5) / 200_000
    shares = policy.probabilities(belief, np.ones((1, 5), dtype=bool), seeds=(3,))[0]
    np.testing.assert_allclose(shares, expected, rtol=0, atol=0.01)

# SPDX-License-Identifier: Apache-2.0
"""Selection probabilities of independent Beta variables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import betainc, betaincinv, betaln

from policies import Contributions, build
from policies.beta import best_beta


def by_brute_force(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Integrate over the logit on a fine grid."""
    low = max(float(betaincinv(a, b, 1e-13).max()), 1e-12)
    t = np.linspace(np.log(low / (1 - low)), 36.0, 40_001)
    y, rest = 1 / (1 + np.exp(-t)), 1 / (1 + np.exp(t))
    below = np.maximum(betainc(a[:, None], b[:, None], y), 1e-300)
    density = np.exp(a[:, None] * np.log(y) + b[:, None] * np.log(rest) - betaln(a, b)[:, None])
    share = (density / below) @ below.prod(axis=0)
    return np.asarray(share / share.sum())


def test_agrees_with_adaptive_quadrature() -> None:
    """A case integrated once by scipy's adaptive quadrature to 1e-12."""
    a = np.array([47.0, 42.0, 30.0, 40.0, 38.0])
    b = np.array([36.0, 37.0, 52.0, 32.0, 56.0])
    expected = [
        0.44251538279990643,
        0.1982740513465324,
        0.00025718312602254057,
        0.3576877040583015,
        0.0012656786692368312,
    ]
    np.testing.assert_allclose(best_beta(a, b, np.ones(5, dtype=bool)), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_brute_force(seed: int) -> None:
    """Few views and many, rare rewards and frequent ones: good to 1e-6."""
    rng = np.random.default_rng(seed)
    arms = int(rng.integers(2, 40))
    views = np.exp(rng.uniform(0, float(rng.choice([1, 5, 9])), size=arms))
    rate = float(rng.choice([0.02, 0.1, 0.5])) * rng.uniform(0.8, 1.2, size=arms)
    a, b = 1 + views * rate, 1 + views * (1 - rate)
    found = best_beta(a, b, np.ones(arms, dtype=bool))
    np.testing.assert_allclose(found, by_brute_force(a, b), rtol=0, atol=1e-6)


def test_answers_follow_what_is_learned(evidence: Callable[..., Contributions]) -> None:
    """Answers are kept until something is learned, restored or asked about other arms, and no longer."""
    policy = build({"kind": "beta_thompson"}, dimension=4)
    x, both = np.ones((1, 1, 4)), np.ones((1, 2), dtype=bool)

    def ask(arms: tuple[str, str] = ("a", "b")) -> float:
        return float(policy.probabilities(policy.believe(arms, x), both, seeds=(0,))[0, 0])

    empty = policy.dump()
    assert ask() == ask() == pytest.approx(0.5)
    learned = evidence(40, arms=("a",))
    learned.change[:] = learned.reward[:] = 1.0
    policy.update(learned)
    assert ask() > 0.9
    assert ask(("b", "a")) < 0.1
    policy.load(empty)
    assert ask() == pytest.approx(0.5)


def test_arms_never_shown_are_alike() -> None:
    """A thousand uniform variables: each is the largest with probability 1/1000."""
    ones = np.ones(1000)
    np.testing.assert_allclose(best_beta(ones, ones, ones > 0), 1e-3, rtol=1e-9)


def test_ineligible_arms_get_nothing() -> None:
    """Probability is spread over the eligible arms only."""
    a, b = np.array([9.0, 2.0, 3.0]), np.array([1.0, 5.0, 4.0])
    found = best_beta(a, b, np.array([False, True, True]))
    assert found[0] == 0.0
    np.testing.assert_allclose(found[1:], by_brute_force(a[1:], b[1:]), rtol=0, atol=1e-8)

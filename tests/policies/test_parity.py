# SPDX-License-Identifier: Apache-2.0
"""The same numbers as MABWiser 2.7.4 on a small case, and better ones where it is wrong.

`benchmarks/policies_parity.py` compares many random cases with MABWiser itself.
"""

from __future__ import annotations

import numpy as np
import pytest

from policies import Contributions, Policy, build

X = np.array(
    [
        [1, 0.5, -1],
        [1, -0.25, 2],
        [1, 1, 0],
        [1, 0, 1],
        [1, -1, -0.5],
        [1, 2, 0.25],
        [1, 0.75, -2],
        [1, -0.5, 0.5],
    ]
)
REWARDS = np.array([1.0, 0, 1, 1, 0, 1, 0, 1])
ASKED = np.array([[[1, 0.25, 0.5]], [[1, -1.5, 1]]])
ARMS = ("0", "1")
MEANS = {"kind": "popularity", "prior": 0}


def taught(spec: dict[str, object]) -> Policy:
    """Build a policy and teach it the eight cases."""
    policy = build(spec, dimension=3)
    ones, day = np.ones(8), np.zeros(8, dtype=np.int64)
    policy.update(Contributions(list("01010110"), X, ones, REWARDS, REWARDS, ones / 2, day))
    return policy


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"kind": "linucb", "alpha": 0.75, "l2": 2.0},
            [[0.9912651456386294, 0.6428472657948419], [0.9423434918605853, 0.6265083649196235]],
        ),
        (
            {"kind": "epsilon_greedy", "epsilon": 0, "scorer": {"kind": "linucb", "l2": 0.5}},
            [[0.8557312252964426, 0.3783086618789389], [0.32279314888010535, -0.11906785871317604]],
        ),
        ({"kind": "ucb1", "alpha": 1.25}, [[2.024583737711011, 1.7745837377110112]] * 2),
        ({"kind": "epsilon_greedy", "epsilon": 0, "scorer": MEANS}, [[0.75, 0.5]] * 2),
    ],
)
def test_expectations(spec: dict[str, object], expected: list[list[float]]) -> None:
    """Mean plus bonus are MABWiser's expectations to 1e-12."""
    belief = taught(spec).believe(ARMS, ASKED)
    np.testing.assert_allclose(belief.mean + belief.width, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"kind": "softmax", "tau": 0.5, "scorer": MEANS}, [0.6224593312018546, 0.37754066879814546]),
        ({"kind": "popularity", "prior": 0, "serve": "in_proportion"}, [0.6, 0.4]),
        ({"kind": "linucb", "alpha": 0.75, "l2": 2.0}, [1.0, 0.0]),
    ],
)
def test_probabilities(spec: dict[str, object], expected: list[float]) -> None:
    """Where MABWiser has probabilities, or a prediction, ours are the same."""
    policy = taught(spec)
    belief = policy.believe(ARMS, ASKED)
    shares = policy.probabilities(belief, np.ones((2, 2), dtype=bool), seeds=(0, 1))
    np.testing.assert_allclose(shares, [expected] * 2, rtol=0, atol=1e-12)


def test_posterior_of_linear_thompson_sampling() -> None:
    """Mean and covariance v^2 A^-1 of the second arm's coefficients."""
    policy = taught({"kind": "thompson", "v": 0.5, "l2": 2.0})
    model = policy.model  # type: ignore[attr-defined]
    beta = [0.20149132760577076, 0.25408146724405434, 0.12467869300419147]
    covariance = [
        [0.05264224347544172, -0.02188361160641919, -0.008915545469281893],
        [-0.02188361160641919, 0.04802815922932635, 0.008985017252159415],
        [-0.008915545469281892, 0.008985017252159413, 0.02482458374823426],
    ]
    np.testing.assert_allclose(model.theta("1"), beta, rtol=0, atol=1e-12)
    np.testing.assert_allclose(0.25 * model.covariance("1"), covariance, rtol=0, atol=1e-12)


@pytest.mark.parametrize("l2", [0.1, 1.0, 10.0])
def test_an_untrained_arm_has_the_inverse_of_its_ridge(l2: float) -> None:
    """The bonus of a new arm is alpha |x| / sqrt(l2); MABWiser takes A for its inverse and multiplies."""
    belief = taught({"kind": "linucb", "alpha": 1.0, "l2": l2}).believe(("new",), ASKED)
    expected = np.sqrt((ASKED**2).sum(axis=2) / l2)
    np.testing.assert_allclose(belief.width, expected, rtol=0, atol=1e-12)


def test_arms_do_not_share_their_noise() -> None:
    """Two arms with one posterior win half each against a third; MABWiser's shared noise would tie them."""
    policy = build({"kind": "thompson", "v": 1.0}, dimension=3)
    ones, day = np.ones(1), np.zeros(1, dtype=np.int64)
    policy.update(Contributions(["worse"], np.array([[1.0, 0, 0]]), ones, -ones, -ones, ones, day))
    belief = policy.believe(("a", "b", "worse"), np.array([[[1.0, 0, 0]]]))
    shares = policy.probabilities(belief, np.ones((1, 3), dtype=bool), seeds=(0,))[0]
    draws = np.random.default_rng(0).normal(belief.mean[0], belief.width[0], size=(200_000, 3))
    won = np.bincount(draws.argmax(axis=1), minlength=3) / 200_000
    np.testing.assert_allclose(shares, won, rtol=0, atol=5e-3)
    assert shares[0] == pytest.approx(shares[1], abs=1e-9)

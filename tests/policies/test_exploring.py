# SPDX-License-Identifier: Apache-2.0
"""Exploration around another policy's expected rewards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from policies import Belief, Contributions, InvalidSetting, build

MEANS = np.array([[0.5, 0.3, 0.5, 0.1]])
EVERYONE = np.ones((1, 4), dtype=bool)


def spread(spec: dict[str, object], detail: object = None) -> np.ndarray:
    """Spread probability over four given means."""
    belief = Belief(MEANS, np.zeros((1, 4)), detail)
    found: np.ndarray = build(spec, dimension=2).probabilities(belief, EVERYONE, seeds=(0,))[0]
    return found


def test_epsilon_greedy_mixes_the_best_with_all() -> None:
    """The two best share what is not spread over everybody."""
    found = spread({"kind": "epsilon_greedy", "epsilon": 0.2})
    np.testing.assert_allclose(found, [0.45, 0.05, 0.45, 0.05], rtol=0, atol=1e-15)


def test_softmax_weighs_exponentially() -> None:
    """Ratios of probabilities are exponentials of differences over tau."""
    found = spread({"kind": "softmax", "tau": 0.1})
    np.testing.assert_allclose(np.log(found[0] / found), (0.5 - MEANS[0]) / 0.1, rtol=0, atol=1e-12)


def test_softmax_survives_a_tiny_temperature() -> None:
    """Large exponents neither overflow nor lose the sum."""
    np.testing.assert_allclose(spread({"kind": "softmax", "tau": 1e-6}), [0.5, 0, 0.5, 0], rtol=0, atol=1e-12)


def test_squarecb_weighs_by_inverse_gaps() -> None:
    """Others get 1 / (K + gamma gap), those at the top share the rest."""
    found = spread({"kind": "squarecb"}, detail=20.0)
    second, last = 1 / (4 + 20 * 0.2), 1 / (4 + 20 * 0.4)
    rest = (1 - second - last) / 2
    np.testing.assert_allclose(found, [rest, second, rest, last], rtol=0, atol=1e-15)


def test_squarecb_gets_greedier_as_it_learns(evidence: Callable[..., Contributions]) -> None:
    """gamma grows with the square root of the slots shown."""
    policy = build({"kind": "squarecb", "gamma": 3.0}, dimension=4)
    policy.update(evidence(100))
    assert policy.believe(("a",), np.ones((1, 1, 4))).detail == pytest.approx(30.0)


@pytest.mark.parametrize("kind", ["epsilon_greedy", "softmax", "squarecb"])
def test_the_scorer_is_any_policy(kind: str, evidence: Callable[..., Contributions]) -> None:
    """Expected rewards are those of the scorer."""
    for scorer in ({"kind": "popularity"}, {"kind": "logistic_thompson"}, {"kind": "linucb_hybrid"}):
        policy, alone = build({"kind": kind, "scorer": scorer}, dimension=4), build(scorer, dimension=4)
        for each in (policy, alone):
            each.update(evidence(60))
        x = np.ones((1, 3, 4))
        arms = ("a", "b", "new")
        np.testing.assert_array_equal(policy.believe(arms, x).mean, alone.believe(arms, x).mean)
        assert policy.per_arm == alone.per_arm
        assert policy.additive == alone.additive


def test_mistakes_in_a_scorer_are_located() -> None:
    """The path of a refused setting leads into the scorer."""
    with pytest.raises(InvalidSetting, match=r"scorer\.alpha: got -1; allowed 0 or more") as refused:
        build({"kind": "squarecb", "scorer": {"kind": "linucb", "alpha": -1}}, dimension=3)
    assert refused.value.field == "scorer.alpha"
    with pytest.raises(InvalidSetting, match="scorer: got 'linucb'; allowed a mapping"):
        build({"kind": "squarecb", "scorer": "linucb"}, dimension=3)

# SPDX-License-Identifier: Apache-2.0
"""What is logged is what happens: draws follow the propensities, slot after slot, for every policy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2

from bandit.core.draw import draw
from bandit.core.shaping import Shape, shaped
from policies import POLICIES, Contributions, Policy, build

ARMS = ("a", "b", "c", "d", "e")
DRAWS = 100_000
PLAIN = Shape(boost=None, floor=0.0, low=None, high=None)
SHAPES = {
    "plain": PLAIN,
    "floor": PLAIN._replace(floor=0.04),
    "boosts": PLAIN._replace(floor=0.02, boost=np.array([1.0, 2.0, 0.5, 1.0, 3.0])),
    "shares": PLAIN._replace(
        floor=0.02, low=np.array([0, 0.1, 0, 0, 0.05]), high=np.array([0.5, 1, 1, 0.4, 1])
    ),
}
# Below this, a correct sampler fails once in 10^7 such tests.
RARE = 1e-7


@pytest.fixture(params=sorted(POLICIES))
def policy(request: pytest.FixtureRequest, evidence: Callable[..., Contributions]) -> Policy:
    """Teach a policy about four of five arms."""
    taught = build({"kind": request.param}, dimension=4)
    taught.update(evidence(300, arms=ARMS[:4]))
    return taught


@pytest.mark.parametrize("shape", list(SHAPES.values()), ids=list(SHAPES))
def test_draws_of_three_slots_follow_the_propensities(
    policy: Policy, shape: Shape, vectors: Callable[..., NDArray[np.float64]]
) -> None:
    """Chi-square of 100,000 draws per slot; rows sum to 1 within 1e-12; nothing is below the floor."""
    rng = np.random.default_rng(11)
    belief = policy.believe(ARMS, vectors(1, len(ARMS), 4, seed=2))
    eligible = np.ones((1, len(ARMS)), dtype=bool)
    for _ in range(3):
        p = shaped(policy.probabilities(belief, eligible, seeds=(5,)), eligible, shape)
        assert abs(p.sum() - 1.0) <= 1e-12
        assert p[eligible].min() >= shape.floor - 1e-15
        assert (p[~eligible] == 0.0).all()
        counts = np.bincount(draw(np.repeat(p, DRAWS, axis=0), rng.random(DRAWS)), minlength=len(ARMS))
        possible = p[0] * DRAWS >= 5.0
        assert counts[p[0] == 0.0].sum() == 0
        statistic = ((counts - p[0] * DRAWS)[possible] ** 2 / (p[0] * DRAWS)[possible]).sum()
        assert statistic <= chi2.isf(RARE, max(int(possible.sum()) - 1, 1))
        eligible[0, counts.argmax()] = False

# SPDX-License-Identifier: Apache-2.0
"""Seeded evidence for policies: feature vectors and contributions on the grid that keeps sums exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from policies import Contributions

Learn = Callable[..., Contributions]


def _grid(values: np.ndarray, step: int = 1024) -> np.ndarray:
    return np.asarray(np.rint(values * step) / step)


@pytest.fixture
def vectors() -> Callable[..., np.ndarray]:
    """Make feature vectors on the grid, the first of each an intercept."""

    def make(*shape: int, seed: int = 0, clip: float = 4.0) -> np.ndarray:
        x = _grid(np.clip(np.random.default_rng(seed).normal(size=shape), -clip, clip))
        x[..., 0] = 1.0
        return x

    return make


@pytest.fixture
def evidence(vectors: Callable[..., np.ndarray]) -> Learn:
    """Make `n` first contributions spread over arms and days."""

    def make(
        n: int, *, dimension: int = 4, arms: Sequence[str] = ("a", "b", "c"), days: int = 5, seed: int = 0
    ) -> Contributions:
        rng = np.random.default_rng(seed)
        reward = _grid(rng.uniform(-1, 1, size=n))
        return Contributions(
            arms=[arms[i] for i in rng.integers(len(arms), size=n)],
            x=vectors(n, dimension, seed=seed + 1),
            weight=np.ones(n),
            change=reward,
            reward=reward,
            propensity=np.full(n, 1.0 / len(arms)),
            day=20_000 + rng.integers(days, size=n),
        )

    return make


@pytest.fixture
def part() -> Callable[[Contributions, np.ndarray], Contributions]:
    """Pick some contributions, in the order of their indices."""

    def pick(learned: Contributions, indices: np.ndarray) -> Contributions:
        return learned.part(indices)

    return pick


@pytest.fixture
def negative() -> Callable[[Contributions], Contributions]:
    """Turn first contributions into those that take them away again."""

    def turn(learned: Contributions) -> Contributions:
        return Contributions(
            arms=learned.arms,
            x=learned.x,
            weight=-learned.weight,
            change=-learned.reward,
            reward=np.zeros(len(learned.arms)),
            propensity=learned.propensity,
            day=learned.day,
        )

    return turn

# SPDX-License-Identifier: Apache-2.0
"""A log of a world in which the best arm depends on one feature."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from simulator.logs.partition import Floats
from simulator.logs.rows import Log, Rows, in_batches

MEANS = np.array([[0.1, 0.3, 0.6], [0.8, 0.3, 0.1]])


def draw(n: int, *, seed: int, batch: int = 700) -> Log:
    """Rows of a uniform logger over three arms; the first of two contexts prefers c, the other one a."""
    g = np.random.default_rng(seed)
    x = g.integers(0, 2, n)
    action = g.integers(0, 3, n)
    rows = Rows(
        reward=(g.random(n) < MEANS[x, action]).astype(float),
        action=action,
        propensity=np.full(n, 1 / 3),
        probabilities=np.full((n, 3), 1 / 3),
        context=np.stack([x * 40.0, g.random(n)], axis=1),
        at=1e9 + np.arange(n, dtype=float),
    )

    def batches() -> Iterator[Rows]:
        return in_batches(rows, size=batch)

    return Log(("a", "b", "c"), ("side", "noise"), batches, count=n)


@pytest.fixture(scope="session")
def log() -> Log:
    """4,000 rows in batches."""
    return draw(4000, seed=2)


@pytest.fixture(scope="session")
def drawn() -> Callable[..., Log]:
    """Makes logs of any length."""
    return draw


@pytest.fixture(scope="session")
def best() -> Floats:
    """What the best policy earns in each context."""
    found: Floats = np.max(MEANS, axis=1)
    return found

# SPDX-License-Identifier: Apache-2.0
"""Evidence to teach policies with, on the grid that keeps sums exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from policies import Contributions, Policy, build

Array = NDArray[np.float64]


def grid(values: Array) -> Array:
    """Round features to the grid on which sums are exact."""
    found: Array = np.rint(np.clip(values, -4, 4) * 1024) / 1024
    return found


def evidence(n: int, *, arms: tuple[str, ...], d: int, seed: int) -> Contributions:
    """Make first contributions of random arms with a reward in a fifth of them."""
    rng = np.random.default_rng(seed)
    x = grid(rng.normal(size=(n, d)))
    x[:, 0] = 1.0
    reward = (rng.random(n) < 0.2).astype(float)
    chosen = [arms[k] for k in rng.integers(len(arms), size=n)]
    ones = np.ones(n)
    return Contributions(chosen, x, ones, reward, reward, ones / len(arms), np.full(n, 20_000))


def taught(spec: dict[str, object], *, arms: int, d: int, views: int = 50) -> tuple[Policy, tuple[str, ...]]:
    """Build a policy and show every arm `views` times on average."""
    names = tuple(f"arm-{k}" for k in range(arms))
    policy = build(spec, dimension=d)
    policy.update(evidence(arms * views, arms=names, d=d, seed=1))
    return policy, names

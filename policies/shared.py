# SPDX-License-Identifier: Apache-2.0
"""One linear model for all arms, over features of arms and of their interactions with the context.

What is learned about one arm carries over to those that resemble it, and to new ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from policies.additive import Additive
from policies.disjoint import LinearSettings
from policies.inputs import check_dimension, check_vectors, checked
from policies.memory import Memory
from policies.protocol import Contributions, Floats
from policies.ridge import Ridge
from policies.sums import Sums

S = TypeVar("S", bound=LinearSettings)

# All arms share one row of sums.
ALL = ("",)


class SharedLinear(Additive, Generic[S]):
    """Learns theta = A^-1 b over the vectors of whatever arms were shown."""

    per_arm: ClassVar[bool] = True
    Settings: ClassVar[type[Any]]

    def __init__(self, settings: S | None = None, *, dimension: int) -> None:
        self.settings: S = settings or self.Settings()
        self.dimension = check_dimension(dimension)
        kept = self.settings
        memory = Memory(half_life_days=kept.half_life_days, window_days=kept.window_days)
        self.model = Ridge(dimension=dimension, l2=kept.l2, prior_mean=kept.prior_mean, memory=memory)

    @property
    def sums(self) -> Sums:
        """The sums over all arms."""
        return self.model.sums

    def restored(self) -> None:
        """Drop the cached inverse."""
        self.model.clear()

    def update(self, learned: Contributions) -> None:
        """Add to the sums."""
        learned = checked(learned, dimension=self.dimension)
        self.sums.add(ALL * len(learned.arms), learned.x, learned)

    def predict(self, arms: Sequence[str], x: Floats) -> tuple[Floats, Floats]:
        """Return x'theta and x'A^-1 x of every arm, shape (B, K)."""
        check_vectors(x, arms=arms, dimension=self.dimension)
        flat = x.reshape(-1, 1, self.dimension)
        mean, spread = self.model.predict(ALL, flat)
        shape = (len(x), len(arms))
        return tuple(np.broadcast_to(part.reshape(x.shape[:2]), shape) for part in (mean, spread))  # type: ignore[return-value]

    def whitened(self, arms: Sequence[str], x: Floats) -> Floats:
        """Return W with W W' = X A^-1 X', shape (B, K, d): joint uncertainty of the arms of a request."""
        covariance = self.model.covariance(ALL[0])
        # A^-1 = M M' with M upper triangular, from the Cholesky factor of the reversed matrix.
        upper = np.linalg.cholesky(covariance[::-1, ::-1])[::-1, ::-1]
        return np.broadcast_to(x @ upper, (len(x), len(arms), self.dimension))

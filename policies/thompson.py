# SPDX-License-Identifier: Apache-2.0
"""Thompson sampling with disjoint linear Gaussian models (Agrawal & Goyal 2013; Chapelle & Li 2011).

Posteriors of different arms are independent, so the probability that an arm's draw is the largest is a
one-dimensional integral: it is computed, not sampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from policies.disjoint import DisjointLinear, LinearSettings
from policies.gaussian import best_gaussian
from policies.protocol import Belief, Bools, Floats
from policies.settings import NonNegative


class ThompsonSettings(LinearSettings, frozen=True, kw_only=True):
    """Args: v: scale of the posterior's standard deviation; 0 is greedy."""

    v: NonNegative = 0.1


class Thompson(DisjointLinear[ThompsonSettings]):
    """Serve arm a with the probability that x'theta_a is the largest, theta_a ~ N(A_a^-1 b_a, v^2 A_a^-1)."""

    kind: ClassVar[str] = "thompson"
    Settings: ClassVar[type[ThompsonSettings]] = ThompsonSettings

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return the posterior mean and standard deviation of the expected reward."""
        mean, spread = self.model.predict(arms, x)
        return Belief(mean, self.settings.v * np.sqrt(spread))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Return the probability that each eligible arm is the best of them."""
        return best_gaussian(belief.mean, belief.width, eligible)

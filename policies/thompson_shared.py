# SPDX-License-Identifier: Apache-2.0
"""Thompson sampling with one linear model for all arms (Agrawal & Goyal 2013, algorithm 1).

Arms share their parameters, so their expected rewards are correlated; the probability that an arm is best is
estimated by seeded Monte Carlo, and the estimate itself is what is drawn from and logged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from msgspec import Meta

from policies.inputs import check_seeds
from policies.protocol import Belief, Bools, Floats
from policies.selection import best_of, check_eligible
from policies.shared import SharedLinear
from policies.thompson import ThompsonSettings


class ThompsonSharedSettings(ThompsonSettings, frozen=True, kw_only=True):
    """Args: draws: Monte Carlo draws a request."""

    draws: Annotated[int, Meta(ge=1, le=100_000)] = 512


class ThompsonShared(SharedLinear[ThompsonSharedSettings]):
    """Serve arm a as often as x_a'theta is the largest of draws theta ~ N(A^-1 b, v^2 A^-1)."""

    kind: ClassVar[str] = "thompson_shared"
    Settings: ClassVar[type[ThompsonSharedSettings]] = ThompsonSharedSettings

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return posterior mean and deviation of each arm; `detail` has their joint factor."""
        mean, spread = self.predict(arms, x)
        v = self.settings.v
        return Belief(mean, v * np.sqrt(spread), detail=v * self.whitened(arms, x))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:
        """Return how often each eligible arm was the best of them."""
        check_eligible(eligible, shape=belief.mean.shape)
        check_seeds(seeds, requests=len(eligible))
        shares = np.empty(eligible.shape)
        for b, seed in enumerate(seeds):
            normal = np.random.Generator(np.random.SFC64(seed)).standard_normal(
                (self.settings.draws, self.dimension)
            )
            scores = belief.mean[b] + normal @ belief.detail[b].T
            won = best_of(scores, np.broadcast_to(eligible[b], scores.shape))
            shares[b] = won.sum(axis=0) / self.settings.draws
        return shares

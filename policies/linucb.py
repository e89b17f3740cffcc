# SPDX-License-Identifier: Apache-2.0
"""LinUCB with disjoint linear models (Li, Chu, Langford & Schapire 2010, algorithm 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from policies.disjoint import DisjointLinear, LinearSettings
from policies.protocol import Belief, Bools, Floats
from policies.selection import best_of
from policies.settings import NonNegative


class LinUCBSettings(LinearSettings, frozen=True, kw_only=True):
    """Args: alpha: exploration, the bonus in standard errors; 0 is greedy."""

    alpha: NonNegative = 0.2


class LinUCB(DisjointLinear[LinUCBSettings]):
    """Serve the arm with the largest x'theta_a + alpha sqrt(x' A_a^-1 x) (equation 5); ties share."""

    kind: ClassVar[str] = "linucb"
    Settings: ClassVar[type[LinUCBSettings]] = LinUCBSettings

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return the expected reward and, as width, the bonus."""
        mean, spread = self.model.predict(arms, x)
        return Belief(mean, self.settings.alpha * np.sqrt(spread))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Give all probability to the best upper bound."""
        return best_of(belief.mean + belief.width, eligible)

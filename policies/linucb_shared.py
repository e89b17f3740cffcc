# SPDX-License-Identifier: Apache-2.0
"""LinUCB with one model for all arms (Chu, Li, Reyzin & Schapire 2011, algorithm 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from policies.linucb import LinUCBSettings
from policies.protocol import Belief, Bools, Floats
from policies.selection import best_of
from policies.shared import SharedLinear


class LinUCBShared(SharedLinear[LinUCBSettings]):
    """Serve the arm with the largest x_a'theta + alpha sqrt(x_a' A^-1 x_a); ties share."""

    kind: ClassVar[str] = "linucb_shared"
    Settings: ClassVar[type[LinUCBSettings]] = LinUCBSettings

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return the expected reward and, as width, the bonus."""
        mean, spread = self.predict(arms, x)
        return Belief(mean, self.settings.alpha * np.sqrt(spread))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Give all probability to the best upper bound."""
        return best_of(belief.mean + belief.width, eligible)

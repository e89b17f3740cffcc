# SPDX-License-Identifier: Apache-2.0
"""SquareCB: inverse gap weighting over a regression (Foster & Rakhlin 2020, algorithm 1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from policies.exploring import Exploring, ExploringSettings
from policies.inputs import checked
from policies.protocol import Belief, Bools, Contributions, Floats, Policy
from policies.selection import best_of
from policies.settings import Positive, Probability
from policies.sums import WEIGHT

_ALL = ""


class SquareCBSettings(ExploringSettings, frozen=True, kw_only=True):
    """Args: gamma, exponent: greed after n shown slots is gamma n^exponent; 0.5 is the published rate."""

    gamma: Positive = 10.0
    exponent: Probability = 0.5


class SquareCB(Exploring[SquareCBSettings]):
    """Serve arm a with probability 1 / (K + gamma gap_a), gap_a to the best mean; the best takes the rest."""

    kind: ClassVar[str] = "squarecb"
    Settings: ClassVar[type[SquareCBSettings]] = SquareCBSettings

    def __init__(self, settings: SquareCBSettings | None = None, *, dimension: int, scorer: Policy) -> None:
        super().__init__(settings, dimension=dimension, scorer=scorer)

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return the scorer's expected rewards, and gamma as of now."""
        belief = super().believe(arms, x)
        shown = max(float(self.counted.totals(list(self.counted.rows.values()))[:, WEIGHT].sum()), 0.0)
        return Belief(belief.mean, belief.width, self.settings.gamma * shown**self.settings.exponent)

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Weigh arms by the inverse of their gap to the best."""
        best = best_of(belief.mean, eligible)
        top = np.where(eligible, belief.mean, -np.inf).max(axis=1, keepdims=True)
        gap = np.where(eligible, top - belief.mean, 0.0)
        others = eligible & (best == 0.0)
        shares = np.where(others, 1.0 / (eligible.sum(axis=1, keepdims=True) + belief.detail * gap), 0.0)
        rest: Floats = shares + best * (1.0 - shares.sum(axis=1, keepdims=True))
        return rest

    def update(self, learned: Contributions) -> None:
        """Let the scorer learn, and count slots."""
        learned = checked(learned, dimension=self.dimension)
        super().update(learned)
        self.counted.add([_ALL] * len(learned.arms), learned.x[:, :0], learned)

# SPDX-License-Identifier: Apache-2.0
"""LinUCB with hybrid linear models (Li, Chu, Langford & Schapire 2010, algorithm 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from policies.additive import Additive
from policies.errors import InvalidSetting
from policies.hybrid import HybridRidge
from policies.inputs import check_dimension, checked
from policies.linucb import LinUCBSettings
from policies.memory import Memory
from policies.protocol import Belief, Bools, Contributions, Floats
from policies.selection import best_of
from policies.settings import Count, Positive
from policies.sums import Sums


class LinUCBHybridSettings(LinUCBSettings, frozen=True, kw_only=True):
    """Args: own: leading features in each arm's own part; shared: trailing ones in the common (null: all).

    own_l2: ridge of the arms' own parts (null: as l2); more of it makes arms more alike.
    """

    own: Count | None = None
    shared: Count | None = None
    own_l2: Positive | None = None


class LinUCBHybrid(Additive):
    """Serve the arm with the largest z'beta + x'theta_a + alpha sqrt(s_a); ties share.

    A new arm starts from what all arms have in common.
    """

    kind: ClassVar[str] = "linucb_hybrid"
    per_arm: ClassVar[bool] = True
    Settings: ClassVar[type[LinUCBHybridSettings]] = LinUCBHybridSettings

    def __init__(self, settings: LinUCBHybridSettings | None = None, *, dimension: int) -> None:
        self.settings = settings or LinUCBHybridSettings()
        self.dimension = check_dimension(dimension)
        kept = self.settings
        for field, count in (("own", kept.own), ("shared", kept.shared)):
            if count is not None and count > dimension:
                raise InvalidSetting(field, got=count, allowed=f"1 to {dimension}, the number of features")
        self.model = HybridRidge(
            dimension=dimension,
            own=kept.own or dimension,
            shared=kept.shared or dimension,
            l2=kept.l2,
            own_l2=kept.own_l2 or kept.l2,
            prior_mean=kept.prior_mean,
            memory=Memory(half_life_days=kept.half_life_days, window_days=kept.window_days),
        )

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return the expected reward and, as width, the bonus."""
        mean, spread = self.model.predict(arms, x)
        return Belief(mean, self.settings.alpha * np.sqrt(spread))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Give all probability to the best upper bound."""
        return best_of(belief.mean + belief.width, eligible)

    def update(self, learned: Contributions) -> None:
        """Add to the sums of the arms."""
        learned = checked(learned, dimension=self.dimension)
        self.sums.add(learned.arms, learned.x, learned)

    @property
    def sums(self) -> Sums:
        """The sums of the arms."""
        return self.model.sums

    def restored(self) -> None:
        """Drop cached inverses."""
        self.model.clear()

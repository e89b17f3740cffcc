# SPDX-License-Identifier: Apache-2.0
"""UCB1 (Auer, Cesa-Bianchi & Fischer 2002): optimism about means, without context."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from policies.protocol import Belief, Bools, Floats
from policies.selection import best_of
from policies.settings import NonNegative
from policies.tabular import Tabular, TabularSettings, for_each, means

# An arm never shown counts as shown this often: its bonus beats every other, and stays finite.
_NEVER = 1e-12


class UCB1Settings(TabularSettings, frozen=True, kw_only=True):
    """Args: alpha: exploration, a factor of the bonus; 1 is the published rule, 0 is greedy."""

    alpha: NonNegative = 1.0


class UCB1(Tabular[UCB1Settings]):
    """Serve the arm with the largest mean + alpha sqrt(2 ln n / n_a); ties share."""

    kind: ClassVar[str] = "ucb1"
    Settings: ClassVar[type[UCB1Settings]] = UCB1Settings

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return the mean reward and, as width, the bonus."""
        shown, earned, requests = self.counts(arms, x)
        total, _ = self.tally.overall()
        bonus = np.sqrt(2.0 * math.log(max(total, 1.0)) / np.maximum(shown, _NEVER))
        return Belief(
            for_each(requests, means(shown, earned)), for_each(requests, self.settings.alpha * bonus)
        )

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Give all probability to the best upper bound."""
        return best_of(belief.mean + belief.width, eligible)

# SPDX-License-Identifier: Apache-2.0
"""Thompson sampling without context for rewards between 0 and 1 (Thompson 1933)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from policies.beta import best_beta
from policies.protocol import Belief, Bools, Floats
from policies.selection import check_eligible
from policies.settings import Lowest, Positive
from policies.tabular import Tabular, TabularSettings, for_each

_MOST_KNOWN = 256


class BetaThompsonSettings(TabularSettings, frozen=True, kw_only=True):
    """Args: wins, losses: the prior, in views; lowest: the reward that counts as a loss
    (1 is a win; null: the least that there can be)."""

    wins: Positive = 1.0
    losses: Positive = 1.0
    lowest: Lowest | None = None


class BetaThompson(Tabular[BetaThompsonSettings]):
    """Serve each arm with the probability that its rate is the largest, given how often it won and lost."""

    kind: ClassVar[str] = "beta_thompson"
    Settings: ClassVar[type[BetaThompsonSettings]] = BetaThompsonSettings

    def __init__(self, settings: BetaThompsonSettings | None = None, *, dimension: int) -> None:
        super().__init__(settings, dimension=dimension)
        # The answers for the arms asked about last, by eligibility, until something is learned.
        self._asked: tuple[str, ...] = ()
        self._known: dict[bytes, Floats] = {}

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return mean and standard deviation of the rates, on the scale of rewards."""
        shown, earned, requests = self.counts(arms, x)
        if self.sums.changes or self._asked != tuple(arms):
            self.sums.changes.clear()
            self._asked, self._known = tuple(arms), {}
        low = self.settings.lowest or 0.0
        # Between loss and win, a reward is a part of a win.
        won = (earned - low * shown) / (1.0 - low)
        a = self.settings.wins + np.maximum(won, 0.0)
        b = self.settings.losses + np.maximum(shown - won, 0.0)
        rate = a / (a + b)
        deviation = np.sqrt(rate * (1.0 - rate) / (a + b + 1.0))
        mean = for_each(requests, low + (1.0 - low) * rate)
        return Belief(mean, for_each(requests, (1.0 - low) * deviation), detail=(a, b, self._known))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Return the probability that each eligible arm is the best of them."""
        check_eligible(eligible, shape=belief.mean.shape)
        a, b, known = belief.detail
        shares = np.empty(eligible.shape)
        for i, row in enumerate(eligible):
            key = row.tobytes()
            if key not in known:
                if len(known) >= _MOST_KNOWN:
                    known.clear()
                known[key] = best_beta(a, b, row)
            shares[i] = known[key]
        return shares

    def restored(self) -> None:
        """Drop answers from before."""
        self._asked = ()

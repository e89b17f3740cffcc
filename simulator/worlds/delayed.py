# SPDX-License-Identifier: Apache-2.0
"""Conversions that come much later: until then, all there is to learn from is that none has come."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from bandit.core.checked import Checked, within
from simulator.worlds import logistic
from simulator.worlds.protocol import DAY_S, Episode, moments
from simulator.worlds.spot import knowing, plain_arms, spot


class Delayed(Checked, frozen=True):
    """Rewards come after exponentially distributed times.

    Args:
        arms, features: how many arms, and how many features of visitors.
        lag: rounds until a conversion is known, on average.
        days: over which an episode is spread.
    """

    rounds: ClassVar[int] = 5_000

    arms: int = 10
    features: int = 8
    lag: float = 200.0
    days: float = 30.0

    def __post_init__(self) -> None:
        within("arms", self.arms, 2, 200)
        within("features", self.features, 1, 100)
        within("lag", self.lag, 0, 1e6)
        within("days", self.days, 0.001, 3_650)

    def episode(self, *, seed: int, rounds: int) -> Episode:
        """The rounds of a seed."""
        chance = np.random.default_rng(seed)
        theta = logistic.tastes(chance, arms=self.arms, features=self.features)
        x = logistic.visitors(chance, rounds=rounds, features=self.features)
        return Episode(
            placement=spot(plain_arms(self.arms), features=self.features, spread=logistic.SPREAD),
            at=moments(rounds, days=self.days),
            known=knowing(x),
            rates=logistic.rates_of(x @ theta.T),
            luck=chance.random((rounds, self.arms)),
            looks=chance.random((rounds, 1)),
            waits=chance.exponential(self.lag, size=rounds) * (self.days * DAY_S / rounds),
        )

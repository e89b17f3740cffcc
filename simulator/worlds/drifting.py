# SPDX-License-Identifier: Apache-2.0
"""A world whose tastes move all the time: what was learned grows wrong at the pace of `turns`."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from bandit.core.checked import Checked, within
from simulator.worlds import logistic
from simulator.worlds.protocol import Episode, moments
from simulator.worlds.spot import knowing, plain_arms, spot


class Drifting(Checked, frozen=True):
    """Every coefficient swings like a cosine, each pair of ends in a direction of its own.

    Args:
        arms, features: how many arms, and how many features of visitors.
        turns: swings within an episode; after half of one all tastes are reversed.
        days: over which an episode is spread, for policies that forget by the day.
    """

    rounds: ClassVar[int] = 5_000

    arms: int = 10
    features: int = 8
    turns: float = 0.5
    days: float = 30.0

    def __post_init__(self) -> None:
        within("arms", self.arms, 2, 200)
        within("features", self.features, 1, 100)
        within("turns", self.turns, 0, 1_000)
        within("days", self.days, 0.001, 3_650)

    def episode(self, *, seed: int, rounds: int) -> Episode:
        """The rounds of a seed."""
        chance = np.random.default_rng(seed)
        # tastes first: a seed has the same ones for any number of rounds
        start = logistic.tastes(chance, arms=self.arms, features=self.features)
        quarter = logistic.tastes(chance, arms=self.arms, features=self.features)
        x = logistic.visitors(chance, rounds=rounds, features=self.features)
        phase = 2 * np.pi * self.turns * np.arange(rounds) / rounds
        # scores are linear in the coefficients, so the swing can be put on them
        scores = np.cos(phase)[:, None] * (x @ start.T) + np.sin(phase)[:, None] * (x @ quarter.T)
        return Episode(
            placement=spot(plain_arms(self.arms), features=self.features, spread=logistic.SPREAD),
            at=moments(rounds, days=self.days),
            known=knowing(x),
            rates=logistic.rates_of(scores),
            luck=chance.random((rounds, self.arms)),
            looks=chance.random((rounds, 1)),
        )

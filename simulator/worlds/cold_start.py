# SPDX-License-Identifier: Apache-2.0
"""Arms arrive and leave: what the catalogue says of a new one must do until it has been shown often."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

import numpy as np

from bandit.core.arm import Arm
from bandit.core.checked import Checked, within
from simulator.logs.partition import Floats
from simulator.worlds import logistic
from simulator.worlds.protocol import DAY_S, START, Episode, moments
from simulator.worlds.spot import knowing, spot

KINDS = ("fashion", "kitchen", "sports", "garden", "books")
MARK = 0.5  # part of an arm's tastes that is its own; the rest is that of its kind


class ColdStart(Checked, frozen=True):
    """So many arms are there at any time; each leaves after a while, and another one takes its place.

    Arms are of five kinds, which the catalogue names as a feature: arms of a kind please similar visitors.

    Args:
        arms: that are there at any time.
        life: rounds that an arm stays.
        features: of visitors.
        days: over which an episode is spread.
    """

    rounds: ClassVar[int] = 5_000

    arms: int = 8
    life: int = 1_000
    features: int = 6
    days: float = 30.0

    def __post_init__(self) -> None:
        within("arms", self.arms, 2, 100)
        within("life", self.life, 10, 1_000_000)
        within("features", self.features, 1, 100)
        within("days", self.days, 0.001, 3_650)

    def episode(self, *, seed: int, rounds: int) -> Episode:
        """The rounds of a seed."""
        chance = np.random.default_rng(seed)
        # arms come one by one, so that most are known when a new one arrives
        starts = np.arange(-self.arms + 1, -(-rounds * self.arms // self.life) + 1) * self.life // self.arms
        kinds = chance.integers(0, len(KINDS), size=len(starts))
        theta = self._tastes(chance, kinds)
        x = logistic.visitors(chance, rounds=rounds, features=self.features)
        at = moments(rounds, days=self.days)
        return Episode(
            placement=spot(self._arms(starts, kinds, at), features=self.features, spread=logistic.SPREAD),
            at=at,
            known=knowing(x),
            rates=logistic.rates_of(x @ theta.T),
            luck=chance.random((rounds, len(starts))),
            looks=chance.random((rounds, 1)),
        )

    def _tastes(self, chance: np.random.Generator, kinds: np.ndarray) -> Floats:
        shared = logistic.tastes(chance, arms=len(KINDS), features=self.features)
        own = logistic.tastes(chance, arms=len(kinds), features=self.features)
        mixed: Floats = np.sqrt(1 - MARK**2) * shared[kinds] + MARK * own
        return mixed

    def _arms(self, starts: np.ndarray, kinds: np.ndarray, at: Floats) -> dict[str, Arm]:
        step = self.days * DAY_S / len(at)
        return {
            f"arm-{i:03}": Arm(
                features={"kind": KINDS[kind]},
                starts_at=_moment(start * step) if start > 0 else None,
                ends_at=_moment((start + self.life) * step) if start + self.life < len(at) else None,
            )
            for i, (start, kind) in enumerate(zip(starts.tolist(), kinds.tolist(), strict=True))
        }


def _moment(after_s: float) -> datetime:
    """Half a second early: a round that begins together with an arm shall see it."""
    return datetime.fromtimestamp(START + after_s - 0.5, UTC)

# SPDX-License-Identifier: Apache-2.0
"""Pages with several slots, on which the place decides too: position bias and cascades."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np
from msgspec.structs import replace

from bandit.core.checked import Checked, within
from bandit.core.placement import LEAST_EXAMINATION
from simulator.worlds import logistic
from simulator.worlds.clicks import Cascade, Clicks, PositionBased
from simulator.worlds.protocol import Episode, moments
from simulator.worlds.spot import knowing, plain_arms, spot


class PositionBiased(Checked, frozen=True):
    """Slot k is looked at with probability `decay` to the power of k, whatever stands there.

    Args:
        arms, features: how many arms, and how many features of visitors.
        slots: of a page.
        decay: how much rarer each slot is looked at than the one above it.
        told: whether the placement knows (its `examination`).
        days: over which an episode is spread.
    """

    rounds: ClassVar[int] = 5_000

    arms: int = 12
    features: int = 6
    slots: int = 4
    decay: float = 0.6
    told: bool = False
    days: float = 30.0

    def __post_init__(self) -> None:
        _check_page(self.arms, self.features, self.slots, self.days)
        within("decay", self.decay, 0, 1)

    def episode(self, *, seed: int, rounds: int) -> Episode:
        """The rounds of a seed."""
        examination = tuple(self.decay**slot for slot in range(self.slots))
        episode = _pages(self, PositionBased(examination), seed=seed, rounds=rounds)
        if not self.told:
            return episode
        known = tuple(max(probability, LEAST_EXAMINATION) for probability in examination)
        return dataclasses.replace(episode, placement=replace(episode.placement, examination=known))


class Cascading(Checked, frozen=True):
    """Visitors read from the top, click at most once, and then leave.

    Args:
        arms, features: how many arms, and how many features of visitors.
        slots: of a page.
        stay: probability of reading on after a slot without a click.
        told: whether the placement knows that visitors stop at a click (its `cascade`).
        days: over which an episode is spread.
    """

    rounds: ClassVar[int] = 5_000

    arms: int = 12
    features: int = 6
    slots: int = 4
    stay: float = 0.9
    told: bool = False
    days: float = 30.0

    def __post_init__(self) -> None:
        _check_page(self.arms, self.features, self.slots, self.days)
        within("stay", self.stay, 0, 1)

    def episode(self, *, seed: int, rounds: int) -> Episode:
        """The rounds of a seed."""
        episode = _pages(self, Cascade(self.stay), seed=seed, rounds=rounds)
        return dataclasses.replace(episode, placement=replace(episode.placement, cascade=self.told))


def _check_page(arms: int, features: int, slots: int, days: float) -> None:
    within("slots", slots, 1, 20)
    within("arms", arms, max(slots, 2), 200)
    within("features", features, 1, 100)
    within("days", days, 0.001, 3_650)


def _pages(world: PositionBiased | Cascading, clicks: Clicks, *, seed: int, rounds: int) -> Episode:
    chance = np.random.default_rng(seed)
    theta = logistic.tastes(chance, arms=world.arms, features=world.features)
    x = logistic.visitors(chance, rounds=rounds, features=world.features)
    return Episode(
        placement=spot(
            plain_arms(world.arms), features=world.features, spread=logistic.SPREAD, slots=world.slots
        ),
        at=moments(rounds, days=world.days),
        known=knowing(x),
        rates=logistic.rates_of(x @ theta.T),
        luck=chance.random((rounds, world.arms)),
        looks=chance.random((rounds, world.slots)),
        clicks=clicks,
    )

# SPDX-License-Identifier: Apache-2.0
"""The demo's department store as a world that can be played without a server."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from bandit.core.checked import Checked, within
from simulator.worlds.promo_tastes import Tastes
from simulator.worlds.promos import DECLARED, PLACEMENT, Visitors, sample_catalogue
from simulator.worlds.protocol import START, Episode


class Promos(Checked, frozen=True):
    """The sample catalogue with its rules, boosts, caps and holdout, and the demo's visitors.

    Args:
        gap_s: seconds between two visitors.
    """

    rounds: ClassVar[int] = 20_000

    gap_s: float = 0.05

    def __post_init__(self) -> None:
        within("gap_s", self.gap_s, 0.001, 86_400)

    def episode(self, *, seed: int, rounds: int) -> Episode:
        """The rounds of a seed."""
        placement, tastes, visitors = sample_catalogue()[PLACEMENT], Tastes(), Visitors(seed=seed)
        at = START + np.arange(rounds, dtype=np.float64) * self.gap_s
        people = [visitors.next() for _ in range(rounds)]
        known = [person.known(at=moment) for person, moment in zip(people, at.tolist(), strict=True)]
        chance = np.random.default_rng(seed)
        return Episode(
            placement=placement,
            declared=DECLARED,
            at=at,
            known=known,
            rates=np.array([[tastes.rate(arm, each) for arm in placement.arms] for each in known]),
            luck=chance.random((rounds, len(placement.arms))),
            looks=chance.random((rounds, placement.slots)),
            users=[person.user for person in people],
        )

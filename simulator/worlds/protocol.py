# SPDX-License-Identifier: Apache-2.0
"""What a world is: a seed gives rounds whose truth is known, the expected reward of every arm in each.

Symbols: `T` rounds, `K` arms of the placement, `n` slots of a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np

from bandit.core.catalogue import Placement
from bandit.core.schema import FieldSpec
from bandit.core.values import Scalar
from simulator.logs.partition import Floats
from simulator.worlds.clicks import Clicks, EverySlot

START = 1_780_315_200.0  # the first of June 2026, 12:00 UTC
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """The rounds of one seed. All chance is drawn beforehand, so every policy meets the same visitors.

    Args:
        placement: the spot with its arms and rewards; whoever plays puts a policy into it.
        declared: what adapters would declare of the fields.
        at: when each round happens, Unix seconds, shape (T,).
        known: what is known of each visitor, by field, length T.
        rates: probability that the visitor of a round likes an arm, shape (T, K): the hidden truth.
        luck: the visitor likes an arm when this lies below its rate, shape (T, K).
        looks: what decides whether a slot is looked at, shape (T, n).
        clicks: how what is liked becomes clicks on a page.
        waits: seconds until a reward is posted, shape (T,); None posts it at once.
        users: who comes, length T; None where nobody is told apart.
    """

    placement: Placement
    at: Floats
    known: Sequence[dict[str, Scalar]]
    rates: Floats
    luck: Floats
    looks: Floats
    clicks: Clicks = field(default_factory=EverySlot)
    waits: Floats | None = None
    users: Sequence[str] | None = None
    declared: Mapping[str, FieldSpec] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """T."""
        return int(self.at.shape[0])

    def expected(self, round_: int, page: Sequence[int]) -> float:
        """How many clicks a page, arms by column from the first slot on, gets on average."""
        return float(self.clicks.expected(self.rates[round_, page]).sum())

    def best(self, round_: int, eligible: Sequence[int], *, slots: int) -> list[int]:
        """The page that is expected to earn most: in each click model the likeliest arms, likeliest first."""
        rates = self.rates[round_, eligible]
        return [eligible[i] for i in np.argsort(-rates, kind="stable")[:slots]]

    def clicked(self, round_: int, page: Sequence[int]) -> list[int]:
        """The slots that the visitor of a round clicks on a page."""
        liked = self.luck[round_, page] < self.rates[round_, page]
        looked = self.looks[round_, : len(page)]
        return [int(slot) for slot in np.flatnonzero(self.clicks.drawn(liked, looked))]


class World(Protocol):
    """Makes episodes. Its fields are its settings; `rounds` is how many it plays unless told."""

    rounds: ClassVar[int]

    def episode(self, *, seed: int, rounds: int) -> Episode:
        """The rounds of a seed: the same seed gives the same rounds.

        Raises:
            Invalid: the settings name a file that is none, or more than there is.
        """
        ...


def moments(rounds: int, *, days: float) -> Floats:
    """When rounds happen that are spread evenly over so many days, Unix seconds."""
    at: Floats = START + np.arange(rounds, dtype=np.float64) * (days * DAY_S / rounds)
    return at

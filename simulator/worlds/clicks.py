# SPDX-License-Identifier: Apache-2.0
"""How visitors read a page of ranked slots, and so which of the arms they like get a click."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simulator.logs.partition import Floats
from simulator.logs.rows import Bools


class Clicks(Protocol):
    """A click model; `rates` and `liked` are those of the arms on a page, from the top, shape (n,)."""

    def expected(self, rates: Floats) -> Floats:
        """The probability of a click on each slot, shape (n,)."""
        ...

    def drawn(self, liked: Bools, looks: Floats) -> Bools:
        """Which slots are clicked; `looks` are uniform numbers, one a slot, shape (n,)."""
        ...


@dataclass(frozen=True, slots=True)
class EverySlot:
    """A visitor looks at every slot and judges each by itself."""

    def expected(self, rates: Floats) -> Floats:
        """The rates."""
        return rates

    def drawn(self, liked: Bools, looks: Floats) -> Bools:  # noqa: ARG002
        """Whatever is liked."""
        return liked


@dataclass(frozen=True, slots=True)
class PositionBased:
    """Slot k is looked at with probability `examination[k]` (Craswell, Zoeter, Taylor & Ramsey 2008)."""

    examination: tuple[float, ...]

    def expected(self, rates: Floats) -> Floats:
        """Examination times rate."""
        seen: Floats = np.array(self.examination[: len(rates)]) * rates
        return seen

    def drawn(self, liked: Bools, looks: Floats) -> Bools:
        """What is liked and looked at."""
        clicked: Bools = liked & (looks < np.array(self.examination[: len(liked)]))
        return clicked


@dataclass(frozen=True, slots=True)
class Cascade:
    """A visitor reads from the top and stops at the first click (Craswell et al. 2008).

    Args:
        stay: probability of reading on after a slot without a click.
    """

    stay: float = 1.0

    def expected(self, rates: Floats) -> Floats:
        """Rate times the probability that nothing above was clicked and that the visitor stayed."""
        passed = np.cumprod((1 - rates) * self.stay)
        clicked: Floats = rates * np.concatenate([[1.0], passed[:-1]])[: len(rates)]
        return clicked

    def drawn(self, liked: Bools, looks: Floats) -> Bools:
        """The first liked slot, if the visitor gets there."""
        clicked = np.zeros(len(liked), dtype=bool)
        for slot, likes in enumerate(liked):
            if likes:
                clicked[slot] = True
                break
            if looks[slot] >= self.stay:
                break
        return clicked

# SPDX-License-Identifier: Apache-2.0
"""The best page that may be shown to a visitor now: hidden tastes, and the catalogue's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bandit.core.caps import Caps
from bandit.core.catalogue import parse_placement
from bandit.core.eligibility import Roster
from bandit.core.values import Scalar
from simulator.worlds.promo_tastes import Tastes
from simulator.worlds.promos import PLACEMENT


class Oracle:
    """Chooses among what pauses, dates, rules and caps leave, as the service has to."""

    def __init__(self, tastes: Tastes) -> None:
        self._tastes = tastes
        self._roster = Roster({})
        self._caps = Caps()

    def learn(self, placement: object, *, at: float) -> None:
        """Take over the placement as the service has it now (JSON)."""
        arms = parse_placement(placement).arms
        self._roster = Roster(arms)
        self._caps.configure(PLACEMENT, {name: arm.cap for name, arm in arms.items() if arm.cap}, now=at)

    def best(self, known: Mapping[str, Scalar], *, user: str, at: float, slots: int) -> list[str]:
        """The best page for a visitor of whom this is known."""
        shown = self._caps.counts(PLACEMENT, user, at=at)
        mask = self._roster.eligible(at=at, known=known, exclude=frozenset(), shown=shown).mask
        arms = [self._roster.names[row] for row in np.flatnonzero(mask)]
        return self._tastes.best(arms, known, slots=slots)

    def saw(self, page: Sequence[str], *, user: str, at: float) -> None:
        """Count what a user was shown, for caps."""
        for arm in page:
            self._caps.add(PLACEMENT, arm, user, at=at, now=at)

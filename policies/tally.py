# SPDX-License-Identifier: Apache-2.0
"""How often every arm was shown and what it earned, without looking at features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policies.memory import Memory
from policies.protocol import Contributions, Floats
from policies.sums import CHANGE, WEIGHT, Sums


class Tally:
    """Exact sums of weights n and rewards c per arm, aged by a memory."""

    def __init__(self, *, memory: Memory | None = None) -> None:
        self.sums = Sums(dimension=0, memory=memory)

    def learn(self, learned: Contributions) -> None:
        """Add contributions, checked before."""
        self.sums.add(learned.arms, learned.x[:, :0], learned)

    def of(self, arms: Sequence[str]) -> tuple[Floats, Floats]:
        """Return n and c of `arms`, shape (K,) each; zeros for arms never shown."""
        rows = [self.sums.rows.get(arm, -1) for arm in arms]
        known = [row for row in rows if row >= 0]
        found = np.zeros((2, len(rows)))
        found[:, [row >= 0 for row in rows]] = self.sums.totals(known)[:, [WEIGHT, CHANGE]].T
        return found[0], found[1]

    def overall(self) -> tuple[float, float]:
        """Return n and c of all arms together."""
        total = self.sums.totals(list(self.sums.rows.values())).sum(axis=0)
        return float(total[WEIGHT]), float(total[CHANGE])

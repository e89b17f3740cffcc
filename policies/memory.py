# SPDX-License-Identifier: Apache-2.0
"""How fast a policy forgets: the weight of a day's evidence by its age against the newest day seen."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from policies.protocol import Floats, Ints

# Older than so many half-lives, evidence weighs less than a millionth.
_HALF_LIVES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Forgetting by half-life, by a window, by both or (the default) not at all.

    Args:
        half_life_days: age in days at which evidence counts half.
        window_days: age in days from which evidence does not count.
    """

    half_life_days: float | None = None
    window_days: float | None = None

    @property
    def fades(self) -> bool:
        """Whether days must be told apart; without it one bucket holds all of time."""
        return self.half_life_days is not None or self.window_days is not None

    @property
    def span_days(self) -> int | None:
        """Age in days from which evidence weighs nothing, or next to nothing; None where it never does."""
        half_lives = None if self.half_life_days is None else _HALF_LIVES * self.half_life_days
        spans = [span for span in (half_lives, self.window_days) if span is not None]
        return math.ceil(min(spans)) if spans else None

    def weights(self, days: Ints, *, newest: int) -> Floats:
        """Return the weight of each of `days` as seen from the `newest`."""
        age = (newest - days).astype(np.float64)
        weights = np.ones(len(days)) if self.half_life_days is None else np.exp2(-age / self.half_life_days)
        if self.window_days is not None:
            weights[age >= self.window_days] = 0.0
        return weights

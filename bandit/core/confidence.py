# SPDX-License-Identifier: Apache-2.0
"""Intervals that hold at every time at once, so that a marketer may look whenever and stop whenever."""

from __future__ import annotations

import math
from typing import NamedTuple

_RHO = 0.08  # narrowest near n = 1,400, the size at which people start to read reports
# Variance added to that of n observations, as if so many at the edges of [-1, 1] had come: the theorem is
# asymptotic, and early runs of equal rewards must not claim certainty. With 3, rates of 0.3 % are covered.
_UNSEEN = 3.0


class Interval(NamedTuple):
    """A mean and its bounds."""

    mean: float
    low: float
    high: float


def anytime_mean(n: int, total: float, squares: float, *, alpha: float = 0.05) -> Interval | None:
    """Asymptotic confidence sequence for a mean (Waudby-Smith, Arbour et al. 2021, theorem 2.2).

    Args:
        n: observations, in [-1, 1]; total, squares: their sum and the sum of their squares.
        alpha: the chance, over all times together, that the mean lies outside.

    Returns:
        None for fewer than two observations.
    """
    if n < 2:
        return None
    mean = total / n
    variance = max(squares / n - mean * mean, 0.0) + _UNSEEN / n
    half = math.sqrt(variance) * half_width(n, alpha=alpha)
    return Interval(mean, mean - half, mean + half)


def half_width(n: int, *, alpha: float) -> float:
    """Half the width of the sequence after n observations of variance 1."""
    t = n * _RHO**2
    return math.sqrt(2 * (t + 1) / (n**2 * _RHO**2) * math.log(math.sqrt(t + 1) / alpha))


def anytime_difference(a: Interval | None, b: Interval | None) -> Interval | None:
    """Bounds on the difference of two means, each with an interval at half of the alpha wanted (union)."""
    if a is None or b is None:
        return None
    return Interval(a.mean - b.mean, a.low - b.high, a.high - b.low)

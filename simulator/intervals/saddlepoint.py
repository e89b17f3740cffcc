# SPDX-License-Identifier: Apache-2.0
"""What all resamples of some rows would say together, without drawing one of them.

The sum of a resample is a sum of independent draws, whose distribution follows from the cumulant generating
function `K(t) = n log(mean exp(t e))` of the rows (Davison & Hinkley 1988).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from simulator.logs.inner import inner
from simulator.logs.partition import Floats

# nearer to the middle than this the formula is a difference of rounding errors; its limit is taken
_MIDDLE = 1e-3
# what is so much smaller than the rest may be 0
_ROUNDING = 1e-15
_CLOSE = 1e-10
_STEPS = 100


def chance_below(e: Floats, counts: Floats) -> float:
    """P(sum <= 0) for as many draws as there are rows, with replacement.

    By Lugannani & Rice (1980): `Phi(w) + phi(w) (1 / w - 1 / u)` with `K'(t) = 0`,
    `w = sign(t) sqrt(-2 K(t))` and `u = t sqrt(K''(t))`. Right to some percent of the chance, however small
    it is, except where 0 is next to the least or the largest sum that there can be.

    Args:
        e: a number a row, shape (n,).
        counts: how many rows each stands for, shape (n,); more than 0, fractions allowed.
    """
    least, most = float(e.min()), float(e.max())
    if most <= _ROUNDING * -least:
        return 1.0
    if least >= _ROUNDING * -most:
        return 0.0
    n = float(counts.sum())
    e = e / max(-least, most)
    e /= math.sqrt(inner(e * e, counts) / n)
    t, log_mean, variance, third = _saddlepoint(e, counts, n)
    u = t * math.sqrt(n * variance)
    w = math.copysign(math.sqrt(max(-2 * n * log_mean, 0.0)), t)
    limit = third / (6 * variance * math.sqrt(n * variance))
    correction = limit if abs(w) < _MIDDLE else 1 / w - 1 / u
    chance = float(ndtr(w)) + math.exp(-w * w / 2) / math.sqrt(2 * math.pi) * correction
    return min(1.0, max(0.0, chance))


def _saddlepoint(e: Floats, counts: Floats, n: float) -> tuple[float, float, float, float]:
    """Where the tilted mean of `e` is 0: t, log of the mean of exp(t e), tilted second and third moment.

    Newton's method; the tilted mean grows with t, so the middle of the bracket takes the place of steps that
    leave it.
    """
    least, most = float(e.min()), float(e.max())
    mean = inner(e, counts) / n
    low, high = (0.0, math.inf) if mean < 0 else (-math.inf, 0.0)
    t = -mean
    for _ in range(_STEPS):
        # the largest exponent is taken out, so that nothing overflows
        largest = max(t * least, t * most)
        tilted = counts * np.exp(t * e - largest)
        total = float(tilted.sum())
        mean, square = inner(e, tilted) / total, inner(e * e, tilted) / total
        low, high = (t, high) if mean < 0 else (low, t)
        variance = square - mean * mean
        following = t - mean / variance if variance > 0 else math.inf
        if not low < following < high and math.isfinite(low + high):
            following = (low + high) / 2
        if abs(following - t) <= _CLOSE * (1 + abs(t)):
            break
        t = following
    return t, largest + math.log(total / n), square, inner(e * e * e, tilted) / total

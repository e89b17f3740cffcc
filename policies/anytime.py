# SPDX-License-Identifier: Apache-2.0
"""A confidence sequence for the mean of bounded observations: valid however often one looks."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import zeta

# Of the stitched boundary: ratio of the epochs and exponent of their weights.
_ETA, _S = 2.0, 1.4
_K1 = (_ETA**0.25 + _ETA**-0.25) / math.sqrt(2.0)
_K2 = (math.sqrt(_ETA) + 1.0) / 2.0
_ZETA = float(zeta(_S))


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with lower and upper bound, infinite where nothing is known."""

    estimate: float
    low: float
    high: float


def anytime_interval(count: float, total: float, squares: float, *, bound: float, alpha: float) -> Interval:
    """Bound the mean of observations X with |X| <= `bound`, at all times together with probability 1 - alpha.

    The empirical-Bernstein confidence sequence of Howard, Ramdas, McAuliffe & Sekhon (2021, theorem 4) with
    their polynomial stitched boundary, predicting 0 for every observation: the variance process is
    then the sum of X^2, so that sums are all it takes and order does not matter, and its scale c is `bound`.

    Args:
        count, total, squares: number, sum and sum of squares of the observations so far.
        alpha: probability of being wrong at any time.
    """
    if count <= 0.0:
        return Interval(0.0, -math.inf, math.inf)
    margin = stitched_boundary(squares, scale=bound, alpha=0.5 * alpha) / count
    estimate = total / count
    return Interval(estimate, estimate - margin, estimate + margin)


def stitched_boundary(variance: float, *, scale: float, alpha: float) -> float:
    """Return u(v), which a sub-gamma process of variance v and scale c ever exceeds with probability alpha.

    Howard et al. (2021, section 3.1): sqrt(k1^2 v l + k2^2 c^2 l^2) + k2 c l, where
    l = log zeta(s) + s log(1 + log_eta(v / m)) + log(1 / alpha), tightest near v = m; here m = c^2.
    """
    v = max(variance, scale * scale)
    epochs = math.log(v / (scale * scale)) / math.log(_ETA)
    ell = math.log(_ZETA) + _S * math.log1p(epochs) + math.log(1.0 / alpha)
    return math.sqrt(_K1**2 * v * ell + (_K2 * scale * ell) ** 2) + _K2 * scale * ell

# SPDX-License-Identifier: Apache-2.0
"""The Cressie-Read(-2) empirical likelihood interval (Karampatziakis, Langford & Mineiro 2020).

All values that some reweighing of the rows, and of one imagined row at the edges of weights and rewards, can
have without being too unlikely, given that weights average 1.
"""

from __future__ import annotations

import math

from scipy.special import stdtrit

from simulator.estimators.cressie_read import CressieRead
from simulator.estimators.protocol import Interval
from simulator.intervals.student import check_level

# below this the two sides of the confidence set are one point up to rounding
TINY = 1e-9


def cressie_read_interval(
    seen: CressieRead, *, reward_range: tuple[float, float], level: float = 0.95
) -> Interval:
    """Interval from the sums of the estimator."""
    check_level(level)
    low, high = reward_range
    n, w, ww = (float(power) for power in seen.power[:, 0])
    if n == 0:
        return Interval(low, high)
    imagined = seen.weight_max if w < n else seen.weight_min
    if math.isinf(imagined):
        likeliest = 1 + 1 / n
    else:
        mean, square = (imagined + w) / (1 + n), (imagined**2 + ww) / (1 + n)
        likeliest = (1 + n) * (mean - 1) ** 2 / (square - mean * mean) if square > mean * mean else 0.0
    phi = (-likeliest - float(stdtrit(n, (1 - level) / 2)) ** 2) / (2 * (1 + n))
    bounds = []
    for reward, sign in ((low, 1.0), (high, -1.0)):
        reach = [_reach(seen, edge, reward, sign, phi) for edge in (seen.weight_min, seen.weight_max)]
        found = [bound for bound in reach if bound is not None]
        bounds.append(min(high, max(low, sign * min(found))) if found else reward)
    return Interval(bounds[0], bounds[1])


def _reach(seen: CressieRead, imagined: float, reward: float, sign: float, phi: float) -> float | None:
    """The least `sign * value` when the imagined row has this weight and reward; None if there is none."""
    n = float(seen.power[0, 0])
    w, wr, _, ww, wwr, wwrr = (float(power) for power in seen.power[1:].flat)
    if math.isinf(imagined):
        x = sign * (reward + (wr - w * reward) / n)
        y = (reward * w - wr) ** 2 / (n * (1 + n)) - (reward**2 * ww - 2 * reward * wwr + wwrr) / (1 + n)
        z = phi + 1 / (2 * n)
    else:
        mean_w = (imagined + w) / (1 + n)
        mean_ww = (imagined**2 + ww) / (1 + n)
        mean_wr = sign * (imagined * reward + wr) / (1 + n)
        mean_wwr = sign * (imagined**2 * reward + wwr) / (1 + n)
        mean_wwrr = (imagined**2 * reward**2 + wwrr) / (1 + n)
        variance = mean_ww - mean_w**2
        if variance <= 0:
            return None
        covariance = mean_wwr - mean_w * mean_wr
        x = mean_wr + (1 - mean_w) * covariance / variance
        y = covariance**2 / variance - (mean_wwrr - mean_wr**2)
        z = phi + (1 - mean_w) ** 2 / (2 * variance)
    if abs(y * z) <= TINY * TINY:
        return x - math.sqrt(2) * TINY
    return x - math.sqrt(2 * y * z) if z <= 0 and y * z >= 0 else None

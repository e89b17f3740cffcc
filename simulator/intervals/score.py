# SPDX-License-Identifier: Apache-2.0
"""The score interval: all values `v` for which `N - v D = 0` is not refuted by the rows (Fieller 1954).

One imagined row at the edge of what rewards can be is added on each side, with the weight that a typical unit
of target probability has (`sum w^2 / sum w`), or half a row of the largest weight that can occur where that
is known (after Agresti & Coull 1998). So what was not seen yet, a rare reward or a heavy row, counts. With
fewer effective rows than the squared quantile the set is unbounded: the interval is the whole range.
"""

from __future__ import annotations

import math

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.protocol import Interval
from simulator.estimators.sums import RatioSums
from simulator.intervals.student import quantile
from simulator.logs.partition import Floats


def score_interval(
    sums: RatioSums,
    *,
    reward_range: tuple[float, float],
    level: float = 0.95,
    weight_max: float | None = None,
) -> Interval:
    """Interval for the policy's value from the sums of SNIPS or SNDR.

    Args:
        sums: of an estimator that divides by the mean weight.
        reward_range: the least and the largest reward that can occur.
        level: confidence.
        weight_max: the largest weight that can occur, None if it is not known.

    Raises:
        Invalid: the sums hold several ratios, or the range is empty.
    """
    low, high = reward_range
    if not low < high:
        raise Invalid(f"reward_range: got {reward_range!r}; allowed low below high", field="reward_range")
    if sums.total.shape[0] != 4:
        raise Invalid("score interval: got several ratios; allowed estimators with one", field="interval")
    q = quantile(level, effective_rows=sums.effective_rows) ** 2
    typical = sums.weight_squared / sums.weight if sums.weight > 0 else 0.0
    rows, w = (1.0, typical) if weight_max is None else (0.5, max(weight_max, sums.weight_max))
    # SNDR: with m the mean of the offset, `N = w (r - q) + m w + (offset - m)` and `D = w`; SNIPS has m = 0
    m = float(sums.total[2] / sums.count)
    change = np.array([[1.0, m, 1.0, -m], [0.0, 1.0, 0.0, 0.0]])
    first, second = change @ sums.total, change @ sums.cross @ change.T
    bounds = []
    for reward in (low, high):
        imagined = np.array([w * reward, w])
        bound = _solve(
            first + rows * imagined, second + rows * np.outer(imagined, imagined), q, upper=reward == high
        )
        bounds.append(reward if bound is None else min(max(bound, low), high))
    return Interval(bounds[0], bounds[1])


def _solve(first: Floats, second: Floats, q: float, *, upper: bool) -> float | None:
    """The bound of `(N - v D)^2 <= q (S_nn - 2 v S_nd + v^2 S_dd)`; None where it is not bounded."""
    (n, d), nn, nd, dd = first, second[0, 0], second[0, 1], second[1, 1]
    a, b, c = d * d - q * dd, n * d - q * nd, n * n - q * nn
    if a <= 0:
        return None
    root = math.sqrt(max(b * b - a * c, 0.0))
    return float((b + root if upper else b - root) / a)

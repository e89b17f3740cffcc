# SPDX-License-Identifier: Apache-2.0
"""The score interval: all values `v` for which `N - v D = 0` is not refuted by the rows (Fieller 1954).

An imagined row at the edge of what rewards can be is added on each side (after Agresti & Coull 1998): with
the weight that a typical unit of target probability has (`sum w^2 / sum w`), or half a row of the largest
weight that can occur where that is known. With fewer effective rows than the squared quantile the set is
unbounded: the whole range.
"""

from __future__ import annotations

import math

import numpy as np

from simulator.estimators.protocol import Interval
from simulator.estimators.sums import RatioSums
from simulator.intervals.one_ratio import check_range, one_ratio
from simulator.intervals.student import quantile
from simulator.logs.partition import Floats


def score_interval(
    sums: RatioSums,
    *,
    reward_range: tuple[float, float],
    level: float = 0.95,
    weight_max: float | None = None,
) -> Interval:
    """Interval for the policy's value from the sums of an estimator.

    Args:
        sums: best of one that divides by the mean weight, as SNIPS and SNDR do.
        reward_range: the least and the largest reward that can occur.
        level: confidence.
        weight_max: the largest weight that can occur, None if it is not known.

    Raises:
        Invalid: the range is empty, or there is nothing to divide by in one of several ratios.
    """
    low, high = check_range(reward_range)
    ratio = one_ratio(sums)
    q = quantile(level, effective_rows=sums.effective_rows) ** 2
    rows, w = (1.0, ratio.typical) if weight_max is None else (0.5, max(weight_max, sums.weight_max))
    bounds = []
    for reward in (low, high):
        imagined = np.array([w * reward, w])
        first, second = ratio.first + rows * imagined, ratio.second + rows * np.outer(imagined, imagined)
        bound = _solve(first, second, q, upper=reward == high)
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

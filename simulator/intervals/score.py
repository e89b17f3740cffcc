# SPDX-License-Identifier: Apache-2.0
"""The score interval: all values `v` for which `N - v D = 0` is not refuted by the rows (Fieller 1954).

Rewards that are rare make estimates skewed: those below the truth come with too short an interval. So the
bounds are moved by what the third cumulant says, `s g (2 q + 1) / 6`, which makes the error of coverage one
order smaller (Hall 1992, section 3.8) and the interval no wider.

Where the rows themselves cannot say what may come, with few rewards or one heavy row, an imagined row at the
edge of what rewards can be is added on each side (after Agresti & Coull 1998), with the weight that a typical
unit of target probability has (`sum w^2 / sum w`), or half a row of the largest weight that can occur where
that is known. With fewer effective rows than the squared quantile the set is unbounded: the whole range.
"""

from __future__ import annotations

import math

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.protocol import Interval
from simulator.estimators.sums import RatioSums
from simulator.intervals.student import quantile
from simulator.logs.inner import inner
from simulator.logs.partition import Floats

# below so many typical rows with the rarer outcome the spread of rewards is not known from the rows
FEW = 10.0
# a row with this share of all weight stands for others like it that may come
HEAVY_SHARE = 0.05
# for the parts of a difference, whose skewness says nothing of their own errors' being apart
IN_DIFFERENCES = 1.0
# in standard errors: a skewness that asks for more is not known well enough itself
MOST_SHIFT = 0.5


def score_interval(
    sums: RatioSums,
    *,
    reward_range: tuple[float, float],
    level: float = 0.95,
    weight_max: float | None = None,
    doubt: float | None = None,
) -> Interval:
    """Interval for the policy's value from the sums of SNIPS or SNDR.

    Args:
        sums: of an estimator that divides by the mean weight.
        reward_range: the least and the largest reward that can occur.
        level: confidence.
        weight_max: the largest weight that can occur, None if it is not known.
        doubt: how much of an imagined row, 0 to 1; None leaves that to the rows.

    Raises:
        Invalid: the sums hold several ratios, or the range is empty.
    """
    low, high = reward_range
    if not low < high:
        raise Invalid(f"reward_range: got {reward_range!r}; allowed low below high", field="reward_range")
    if sums.total.shape[0] != 4:
        raise Invalid("score interval: got several ratios; allowed estimators with one", field="interval")
    q = quantile(level, effective_rows=sums.effective_rows) ** 2
    # SNDR: with m the mean of the offset, `N = w (r - q) + m w + (offset - m)` and `D = w`; SNIPS has m = 0
    m = float(sums.total[2] / sums.count)
    change = np.array([[1.0, m, 1.0, -m], [0.0, 1.0, 0.0, 0.0]])
    first, second = change @ sums.total, change @ sums.cross @ change.T
    typical = sums.weight_squared / sums.weight if sums.weight > 0 else 0.0
    if weight_max is None:
        rows, w = _doubt(first, sums, reward_range) if doubt is None else doubt, typical
        shift = (1.0 - rows) * _shift(sums.groups @ change.T, first, q)
    else:
        rows, w, shift = 0.5, max(weight_max, sums.weight_max), 0.0
    bounds = []
    for reward in (low, high):
        imagined = np.array([w * reward, w])
        bound = _solve(
            first + rows * imagined, second + rows * np.outer(imagined, imagined), q, upper=reward == high
        )
        bounds.append(reward if bound is None else min(max(bound + shift, low), high))
    return Interval(bounds[0], bounds[1])


def _doubt(first: Floats, sums: RatioSums, reward_range: tuple[float, float]) -> float:
    """How much of an imagined row is needed, 0 to 1: it fades fast once rewards are many and no row heavy."""
    low, high = reward_range
    n, d = first
    rarer = min(n - low * d, high * d - n) / (high - low)
    if rarer <= 0 or sums.weight <= 0:
        return 1.0
    typical_rows = rarer * sums.weight / sums.weight_squared
    heavy = sums.weight_max / sums.weight
    return float(min(1.0, max((FEW / typical_rows) ** 4, (heavy / HEAVY_SHARE) ** 2)))


def _shift(groups: Floats, first: Floats, q: float) -> float:
    """By how much skewness moves both bounds; groups keep the cumulants of rows."""
    n, d = first
    if d <= 0:
        return 0.0
    influence = (groups[:, 0] - n / d * groups[:, 1]) / d
    squares = influence * influence
    variance = float(squares.sum())
    if variance <= 0:
        return 0.0
    skewness = inner(squares, influence) / variance**1.5
    return float(np.clip(skewness * (2 * q + 1) / 6, -MOST_SHIFT, MOST_SHIFT)) * math.sqrt(variance)


def _solve(first: Floats, second: Floats, q: float, *, upper: bool) -> float | None:
    """The bound of `(N - v D)^2 <= q (S_nn - 2 v S_nd + v^2 S_dd)`; None where it is not bounded."""
    (n, d), nn, nd, dd = first, second[0, 0], second[0, 1], second[1, 1]
    a, b, c = d * d - q * dd, n * d - q * nd, n * n - q * nn
    if a <= 0:
        return None
    root = math.sqrt(max(b * b - a * c, 0.0))
    return float((b + root if upper else b - root) / a)

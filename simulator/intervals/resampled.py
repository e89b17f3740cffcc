# SPDX-License-Identifier: Apache-2.0
"""The default interval: what the bootstrap would say with endless resamples, corrected for skewness.

A resample's value is `v` or less just when its `N - v D` sum to 0 or less, and how likely that is follows
without resampling (`saddlepoint`). The percentiles lie too low where influences are skewed to the right, as
they are with rare rewards; `s g (q^2 + 2) / 6` is by how much the accelerated bootstrap (BCa) moves both
bounds, to first order (Efron 1987; Hall 1992, section 3.10). It makes the interval no wider.

Where the rows themselves cannot say what may come, with few rewards or one heavy row, an imagined row at the
edge of what rewards can be is added on each side, as in the score interval, which is also the answer where
rows are too unlike for this one. With fewer effective rows than the squared quantile anything is possible:
the whole range.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from simulator.estimators.protocol import Interval
from simulator.estimators.sums import RatioSums
from simulator.intervals.one_ratio import OneRatio, check_range, one_ratio
from simulator.intervals.saddlepoint import chance_below
from simulator.intervals.score import score_interval
from simulator.intervals.student import quantile
from simulator.logs.inner import inner
from simulator.logs.partition import Floats
from simulator.roots import root

# below so many typical rows with the rarer outcome the spread of rewards is not known from the rows
FEW = 10.0
# a row with this share of all weight stands for others like it that may come
HEAVY_SHARE = 0.04
# in standard errors: a skewness that asks for more is not known well enough itself
MOST_SHIFT = 0.5
# of steps from the middle outwards, which begin with half a standard error
_GROWTH = 1.2
# the edge, in steps
_NEAR = 0.05


def resampled_interval(
    sums: RatioSums, *, reward_range: tuple[float, float], level: float = 0.95
) -> Interval:
    """Interval for the policy's value from the sums of an estimator.

    Args:
        sums: best of one that divides by the mean weight, as SNIPS and SNDR do.
        reward_range: the least and the largest reward that can occur.
        level: confidence.

    Raises:
        Invalid: the range is empty, or there is nothing to divide by in one of several ratios.
    """
    low, high = check_range(reward_range)
    ratio = one_ratio(sums)
    q = quantile(level, effective_rows=sums.effective_rows)
    if sums.effective_rows <= q * q:
        return Interval(low, high)
    rows = _doubt(ratio, sums, low, high)
    skewness, error = _skewness(ratio)
    shift = (1.0 - rows) * min(max(skewness * (q * q + 2) / 6, -MOST_SHIFT), MOST_SHIFT) * error
    counts = np.append(np.ones(len(ratio.groups)), rows)
    bounds = []
    for reward, end in ((low, -q), (high, q)):
        imagined = ratio.typical * np.array([reward, 1.0])
        n, d = np.vstack([ratio.groups, imagined]).T
        bound = _percentile(n, d, counts, end, edge=reward)
        if bound is None:
            return score_interval(sums, reward_range=reward_range, level=level)
        bounds.append(min(max(bound + shift, low), high))
    return Interval(bounds[0], bounds[1])


def _percentile(n: Floats, d: Floats, counts: Floats, end: float, *, edge: float) -> float | None:
    """The value that a share of `Phi(end)` of the resamples do not exceed, or the edge of the range.

    From the middle outwards: next to the edge the approximation fails and may cross the share again. None
    where it fails in the middle already, as it does when all rows but one are alike.
    """
    share, total = float(ndtr(end)), inner(d, counts)

    def excess(v: float) -> float:
        return chance_below(n - v * d, counts) - share

    v = inner(n, counts) / total
    if (edge - v) * end <= 0:
        return edge
    rest = n - v * d
    step = math.copysign(math.sqrt(inner(rest * rest, counts)) / total / 2, end)
    if excess(v) * end >= 0:
        return None
    while abs(edge - v) > _NEAR * abs(step):
        nearer, v = v, v + math.copysign(min(abs(step), abs(edge - v) / 2), end)
        if excess(v) * end >= 0:
            return root(excess, *sorted((nearer, v)))
        step *= _GROWTH
    return edge


def _doubt(ratio: OneRatio, sums: RatioSums, low: float, high: float) -> float:
    """How much of an imagined row is needed, 0 to 1: it fades fast once rewards are many and no row heavy."""
    n, d = ratio.first
    rarer = min(n - low * d, high * d - n) / (high - low)
    if rarer <= 0:
        return 1.0
    heavy = sums.weight_max / sums.weight
    return float(min(1.0, max((FEW * ratio.typical / rarer) ** 8, (heavy / HEAVY_SHARE) ** 2)))


def _skewness(ratio: OneRatio) -> tuple[float, float]:
    """Skewness and standard error of the estimate; groups keep the cumulants of rows."""
    n, d = ratio.first
    influence = (ratio.groups[:, 0] - n / d * ratio.groups[:, 1]) / d
    squares = influence * influence
    variance = float(squares.sum())
    error = math.sqrt(variance)
    return (inner(squares, influence) / variance / error if variance > 0 else 0.0), error

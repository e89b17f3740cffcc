# SPDX-License-Identifier: Apache-2.0
"""The default interval: what the bootstrap would say with endless resamples, corrected for skewness.

A resample's value is `v` or less just when its `N - v D` sum to 0 or less, and how likely that is follows
without resampling (`saddlepoint`). The percentiles lie too low where influences are skewed to the right, as
they are with rare rewards; `s g (q^2 + 2) / 6` is by how much the accelerated bootstrap (BCa) moves both
bounds, to first order (Efron 1987; Hall 1992, section 3.10). It makes the interval no wider.

Where the rows themselves cannot say what may come, imagined rows are added on each side (`unseen`): at the
edge of what rewards can be where few were seen, one more like the largest where that is much of all. What is
known of the skewness is doubted alike. With fewer effective rows than the squared quantile anything is
possible: the whole range.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from simulator.estimators.protocol import Interval
from simulator.estimators.sums import RatioSums
from simulator.intervals.one_ratio import check_range, one_ratio
from simulator.intervals.saddlepoint import chance_below
from simulator.intervals.student import quantile
from simulator.intervals.sway import skewness
from simulator.intervals.unseen import unseen
from simulator.logs.inner import inner
from simulator.logs.partition import Floats
from simulator.roots import root

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
    open_ = unseen(ratio, sums, low, high)
    total, weight = ratio.first
    influence = (ratio.groups[:, 0] - total / weight * ratio.groups[:, 1]) / weight
    skewed, error = skewness(influence)
    shift = (1.0 - open_.doubt) * min(max(skewed * (q * q + 2) / 6, -MOST_SHIFT), MOST_SHIFT) * error
    bounds = []
    for i, (edge, end, largest) in enumerate(((low, -q, influence.argmin()), (high, q, influence.argmax()))):
        imagined = [
            (open_.few * ratio.typical * np.array([edge, 1.0]), 1.0),
            (ratio.typical * np.array([open_.usual[i], 1.0]), open_.heavy),
            (ratio.groups[largest], open_.large[i]),
        ]
        added = [(row, count) for row, count in imagined if count > 0]
        n, d = np.vstack([ratio.groups, *(row for row, _ in added)]).T
        counts = np.append(np.ones(len(ratio.groups)), [count for _, count in added])
        bound = _percentile(n, d, counts, end, edge=edge)
        bounds.append(min(max(float(bound + shift), low), high))
    return Interval(bounds[0], bounds[1])


def _percentile(n: Floats, d: Floats, counts: Floats, end: float, *, edge: float) -> float:
    """The value that a share of `Phi(end)` of the resamples do not exceed, or the edge of the range.

    From the middle outwards: next to the edge the approximation fails and may cross the share again. Where it
    fails in the middle already, rows say too little: the edge.
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
        return edge
    while abs(edge - v) > _NEAR * abs(step):
        nearer, v = v, v + math.copysign(min(abs(step), abs(edge - v) / 2), end)
        if excess(v) * end >= 0:
            return root(excess, *sorted((nearer, v)))
        step *= _GROWTH
    return edge

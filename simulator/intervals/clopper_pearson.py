# SPDX-License-Identifier: Apache-2.0
"""The binomial interval of Clopper & Pearson (1934), with weighted rewards as successes.

Dividing by the largest weight makes every row at most one trial; so it is wide, and holds.
"""

from __future__ import annotations

from scipy.special import betaincinv

from simulator.estimators.protocol import Interval
from simulator.estimators.sums import RatioSums
from simulator.intervals.student import check_level


def clopper_pearson_interval(
    sums: RatioSums, *, reward_range: tuple[float, float], level: float = 0.95
) -> Interval:
    """Interval from the sums of IPS."""
    check_level(level)
    low, high = reward_range
    if sums.weight_max <= 0:
        return Interval(low, high)
    successes = (float(sums.total[0]) - low * sums.weight) / (high - low) / sums.weight_max
    trials = sums.count / sums.weight_max
    tail = (1 - level) / 2
    failures = trials - successes
    left = float(betaincinv(successes, failures + 1, tail)) if successes > 0 else 0.0
    right = float(betaincinv(successes + 1, failures, 1 - tail)) if failures > 0 else 1.0
    return Interval(low + left * (high - low), low + right * (high - low))

# SPDX-License-Identifier: Apache-2.0
"""Rows that were not seen but may come: how many an interval imagines on each side, 0 to 1 of each kind.

Each fades fast where the log leaves no such doubt, so intervals of many rewards are those of the rows alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simulator.estimators.sums import RatioSums
from simulator.intervals.one_ratio import OneRatio
from simulator.logs.partition import Floats

# below so many rows with the rarer outcome the spread of rewards is not known from the rows
FEW = 10.0
# a row with this share of all weight stands for others like it that may come
HEAVY_SHARE = 0.04
# a reward with this share of the squares of all (weights not above the mean) stands for larger ones
LARGE_SHARE = 0.1
# squares that are so much smaller than those of the rewards themselves may be 0
ROUNDING = 1e-20


class Unseen(NamedTuple):
    """What to imagine.

    Args:
        few: how much of a row at the edge of what rewards can be, because few were seen.
        heavy: how much of a row with a usual reward, because one row holds much of the weight.
        large: how much of one more row like the largest, because one reward is so much of them all; below
            and above the estimate.
        usual: the reward that a unit of reward typically comes in, counted from the upper and from the lower
            edge. Of clicks these are the edges.
    """

    few: float
    heavy: float
    large: tuple[float, float]
    usual: tuple[float, float]

    @property
    def doubt(self) -> float:
        """The largest of them: how little the rows themselves say about their skewness."""
        return max(self.few, self.heavy, *self.large)


def unseen(ratio: OneRatio, sums: RatioSums, low: float, high: float) -> Unseen:
    """What the rows of an estimate leave open.

    Args:
        ratio: the estimate.
        sums: the same as it was added up.
        low: the least reward that can be.
        high: the largest one.
    """
    from_high, from_low = (_from(ratio, edge) for edge in (high, low))
    usual_low, usual_high = _usual(from_high, high, low), _usual(from_low, low, high)
    units = abs(from_high[0]) / (high - usual_low), abs(from_low[0]) / (usual_high - low)
    apart = _apart(ratio)
    rarer = float(min(min(units) / ratio.typical, _effective(apart)))
    few = 1.0 if rarer <= 0 else min(1.0, (FEW / rarer) ** 8)
    heavy = min(1.0, (sums.weight_max / sums.weight / HEAVY_SHARE) ** 2)
    return Unseen(
        few, max(0.0, heavy - few), _large(apart), (min(usual_low, usual_high), max(usual_low, usual_high))
    )


def _from(ratio: OneRatio, edge: float) -> tuple[float, float, float]:
    """Sums of `w y`, `w^2 y^2` and `w^2 y` with y the reward's distance from an edge."""
    (n, d), nn, nd, dd = ratio.first, ratio.second[0, 0], ratio.second[0, 1], ratio.second[1, 1]
    return n - edge * d, nn - 2 * edge * nd + edge * edge * dd, nd - edge * dd


def _usual(sums: tuple[float, float, float], edge: float, other: float) -> float:
    """The size in which reward, counted from an edge, typically comes; the other edge where there is none."""
    _, squares, products = sums
    span = other - edge
    share = squares / products / span if products else 1.0
    return edge + float(min(share, 1.0) if share > 0.0 else 1.0) * span


def _apart(ratio: OneRatio) -> Floats:
    """How far rewards are from the estimate, times weights below the mean; zeros where it is rounding."""
    n, d = ratio.groups.T
    least = np.maximum(np.abs(d), d.mean())
    y: Floats = (n - ratio.first[0] / ratio.first[1] * d) / least
    return y if (y * y).sum() > ROUNDING * ((n / least) ** 2).sum() else np.zeros_like(y)


def _effective(apart: Floats) -> float:
    """How many rewards differ from the others (Kish), 0 if none does; k clicks in many rows give 4 k."""
    squares = float((apart * apart).sum())
    return float(np.abs(apart).sum()) ** 2 / squares if squares > 0 else 0.0


def _large(apart: Floats) -> tuple[float, float]:
    """See `Unseen`."""
    squares = float((apart * apart).sum())
    if squares == 0.0:
        return 0.0, 0.0
    ends = (max(0.0, -float(apart.min())), max(0.0, float(apart.max())))
    below, above = (min(1.0, (end * end / squares / LARGE_SHARE) ** 8) for end in ends)
    return below, above

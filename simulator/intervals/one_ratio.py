# SPDX-License-Identifier: Apache-2.0
"""SNIPS and SNDR as one ratio of sums, `N / D`, which is what intervals are about."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.sums import RatioSums
from simulator.logs.partition import Floats


class OneRatio(NamedTuple):
    """The terms `N` and `D` of all rows.

    Args:
        first: their sums, shape (2,); second: the sums of their products, shape (2, 2).
        groups: their sums by group of rows, shape (G, 2).
        typical: the weight that a typical unit of target probability has, `sum w^2 / sum w`, 0 without any.
    """

    first: Floats
    second: Floats
    groups: Floats
    typical: float


def one_ratio(sums: RatioSums) -> OneRatio:
    """With m the mean of the offset of SNDR, `N = w (r - q) + m w + (offset - m)`, `D = w`; SNIPS has m = 0.

    Raises:
        Invalid: the sums hold several ratios.
    """
    if sums.total.shape[0] != 4:
        raise Invalid("interval: got several ratios; allowed estimators with one", field="interval")
    m = float(sums.total[2] / sums.count)
    change = np.array([[1.0, m, 1.0, -m], [0.0, 1.0, 0.0, 0.0]])
    typical = sums.weight_squared / sums.weight if sums.weight > 0 else 0.0
    return OneRatio(change @ sums.total, change @ sums.cross @ change.T, sums.groups @ change.T, typical)


def check_range(reward_range: tuple[float, float]) -> tuple[float, float]:
    """Return the least and the largest reward if the one is below the other; raise Invalid otherwise."""
    low, high = reward_range
    if not low < high:
        raise Invalid(f"reward_range: got {reward_range!r}; allowed low below high", field="reward_range")
    return low, high

# SPDX-License-Identifier: Apache-2.0
"""An estimate as one ratio of sums, `N / D`, which is what intervals are about."""

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
    """What an estimator adds up, as one ratio.

    With m the mean of the offset of SNDR, `N = w (r - q) + m w + (offset - m)`, `D = w`; SNIPS has m = 0.
    Several ratios, as of the slots of a page, are taken at their linear approximation: with the estimate v
    and a row's influence h on it, `N = v + n h`, `D = 1`.

    Raises:
        Invalid: several ratios, of which one has nothing to divide by.
    """
    if sums.total.shape[0] == 4:
        m = float(sums.total[2] / sums.count)
        change = np.array([[1.0, m, 1.0, -m], [0.0, 1.0, 0.0, 0.0]])
    else:
        value = sums.value()
        if value is None:
            raise Invalid("interval: got no estimate; allowed only with one", field="interval")
        counts = np.zeros(sums.total.shape[0])
        counts[-1] = 1.0
        change = np.vstack([sums.count * sums.gradient() + value * counts, counts])
    typical = sums.weight_squared / sums.weight if sums.weight > 0 else 0.0
    return OneRatio(change @ sums.total, change @ sums.cross @ change.T, sums.groups @ change.T, typical)


def check_range(reward_range: tuple[float, float]) -> tuple[float, float]:
    """Return the least and the largest reward if the one is below the other; raise Invalid otherwise."""
    low, high = reward_range
    if not low < high:
        raise Invalid(f"reward_range: got {reward_range!r}; allowed low below high", field="reward_range")
    return low, high

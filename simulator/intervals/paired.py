# SPDX-License-Identifier: Apache-2.0
"""The difference between two policies on the same log, and the lift of one over the logger.

Rows that both policies treat alike cancel, so the interval is shorter than the two of the policies suggest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.protocol import Interval
from simulator.estimators.sums import RatioSums
from simulator.intervals.bootstrap import bootstrap_values, percentiles
from simulator.intervals.student import quantile


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more the first policy is worth per decision than the second."""

    value: float
    standard_error: float
    low: float
    high: float


def paired_difference(first: RatioSums, second: RatioSums, *, level: float = 0.95) -> Difference:
    """Delta-method interval from the influence of the same groups of rows on both estimates.

    Raises:
        Invalid: one of the two has no value, or they saw different rows.
    """
    values = first.value(), second.value()
    if values[0] is None or values[1] is None or first.groups.shape[0] != second.groups.shape[0]:
        raise Invalid("difference: got sums of no or of different rows; allowed the same rows", field="log")
    influence = first.groups @ first.gradient() - second.groups @ second.gradient()
    groups = influence.shape[0]
    error = float(np.sqrt(np.dot(influence, influence) * groups / max(groups - 1, 1)))
    value = values[0] - values[1]
    effective = min(first.effective_rows, second.effective_rows, float(groups))
    half = quantile(level, effective_rows=effective) * error
    return Difference(value, error, value - half, value + half)


def bootstrap_difference(
    first: RatioSums, second: RatioSums, *, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Interval:
    """Percentiles of the difference when both policies see the same resamples."""
    one, other = bootstrap_values([first, second], resamples=resamples, seed=seed)
    return percentiles(one - other, level=level)

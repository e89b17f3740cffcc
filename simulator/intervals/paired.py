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
from simulator.logs.inner import inner


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more the first policy is worth per decision than the second."""

    value: float
    standard_error: float
    low: float
    high: float


def paired_difference(
    first: RatioSums,
    second: RatioSums,
    *,
    level: float = 0.95,
    intervals: tuple[Interval, Interval] | None = None,
) -> Difference:
    """Interval for a difference, from the influence of the same groups of rows on both estimates.

    Args:
        first: sums of one policy.
        second: sums of the other, or of the logger.
        level: confidence, that of `intervals`.
        intervals: of the two values, which need not be symmetric. They are joined by their correlation
            (MOVER, Zou & Donner 2008), so what each allows for that was not seen is allowed for here, too.
            Without them the interval is the delta method's.

    Raises:
        Invalid: one of the two has no value, or they saw different rows.
    """
    v, u = first.value(), second.value()
    if v is None or u is None or first.groups.shape[0] != second.groups.shape[0]:
        raise Invalid("difference: got sums of no or of different rows; allowed the same rows", field="log")
    one, other = first.groups @ first.gradient(), second.groups @ second.gradient()
    influence = one - other
    groups = influence.shape[0]
    error = float(np.sqrt(inner(influence, influence) * groups / max(groups - 1, 1)))
    value = v - u
    if intervals is None or error == 0.0:
        effective = min(first.effective_rows, second.effective_rows, float(groups))
        half = quantile(level, effective_rows=effective) * error
        return Difference(value, error, value - half, value + half)
    scale = float(np.sqrt(inner(one, one) * inner(other, other)))
    correlation = inner(one, other) / scale if scale > 0 else 0.0
    a, b = intervals
    down = _joined(v - a.low, b.high - u, correlation)
    up = _joined(a.high - v, u - b.low, correlation)
    return Difference(value, error, value - down, value + up)


def _joined(one: float, other: float, correlation: float) -> float:
    """Length of the difference of two reaches with this correlation."""
    return float(np.sqrt(max(0.0, one**2 + other**2 - 2 * correlation * one * other)))


def bootstrap_difference(
    first: RatioSums, second: RatioSums, *, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Interval:
    """Percentiles of the difference when both policies see the same resamples."""
    one, other = bootstrap_values([first, second], resamples=resamples, seed=seed)
    return percentiles(one - other, level=level)

# SPDX-License-Identifier: Apache-2.0
"""The delta-method interval with Student's quantile at the effective number of rows."""

from __future__ import annotations

from scipy.special import ndtri, stdtrit

from bandit.errors import Invalid
from simulator.estimators.protocol import Estimate, Interval


def check_level(level: float) -> None:
    """Raise Invalid unless `level` is a confidence between 0 and 1."""
    if not 0 < level < 1:
        raise Invalid(f"level: got {level!r}; allowed between 0 and 1", field="level")


def quantile(level: float, *, effective_rows: float) -> float:
    """Two-sided quantile of Student's law, with at least one degree of freedom."""
    check_level(level)
    return -float(stdtrit(max(effective_rows - 1.0, 1.0), (1 - level) / 2))


def student_interval(estimate: Estimate, *, level: float = 0.95) -> Interval:
    """Right for many rows with mild weights; too short where rewards are rare or weights are skewed."""
    half = quantile(level, effective_rows=estimate.effective_rows) * estimate.standard_error
    return Interval(estimate.value - half, estimate.value + half)


def normal_interval(estimate: Estimate, *, level: float = 0.95) -> Interval:
    """The same with the normal quantile, as most libraries print it."""
    check_level(level)
    half = -float(ndtri((1 - level) / 2)) * estimate.standard_error
    return Interval(estimate.value - half, estimate.value + half)

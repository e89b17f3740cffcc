# SPDX-License-Identifier: Apache-2.0
"""The empirical Bernstein bound (Maurer & Pontil 2009, theorem 4): valid for every number of rows."""

from __future__ import annotations

import math

from bandit.errors import Invalid
from simulator.estimators.protocol import Estimate, Interval
from simulator.intervals.student import check_level


def empirical_bernstein_interval(
    estimate: Estimate, *, term_range: tuple[float, float], level: float = 0.95
) -> Interval:
    """Interval for a mean of terms that lie within a range known beforehand.

    Args:
        estimate: of a plain mean, such as IPS or DR.
        term_range: the least and the largest term that can occur, e.g. 0 and the largest weight times the
            largest reward. The range of the sample is no substitute: the bound would not hold.
        level: confidence, shared by both sides.
    """
    check_level(level)
    width = term_range[1] - term_range[0]
    if not (math.isfinite(width) and width > 0):
        raise Invalid(f"term_range: got {term_range!r}; allowed a finite range", field="term_range")
    n = estimate.rows
    if n < 2:
        return Interval(*term_range)
    log_term = math.log(4 / (1 - level))
    # the standard error already holds the sample variance over n
    half = math.sqrt(2 * log_term) * estimate.standard_error + 7 * width * log_term / (3 * (n - 1))
    return Interval(max(term_range[0], estimate.value - half), min(term_range[1], estimate.value + half))

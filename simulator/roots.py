# SPDX-License-Identifier: Apache-2.0
"""Where a continuous function of one number crosses 0."""

from __future__ import annotations

from collections.abc import Callable


def root(f: Callable[[float], float], low: float, high: float) -> float:
    """A root between two numbers at which `f` has different signs, to the last bits.

    The ITP method in its simplest form (Oliveira & Takahashi 2020): steps of regula falsi, kept near the
    middle, so that it never takes many more steps than bisection. SciPy has better ones behind an import
    that takes longer than most logs take to read.
    """
    at_low, at_high = f(low), f(high)
    if at_low == 0.0:
        return low
    if at_high == 0.0:
        return high
    for step in range(200):
        middle = low + (high - low) / 2
        if not low < middle < high:
            break
        guess = (low * at_high - high * at_low) / (at_high - at_low)
        # every third step halves: regula falsi alone may move one end only
        point = guess if step % 3 and low < guess < high else middle
        value = f(point)
        if value == 0.0:
            return point
        if (value > 0) == (at_high > 0):
            high, at_high = point, value
        else:
            low, at_low = point, value
    return low if abs(at_low) < abs(at_high) else high

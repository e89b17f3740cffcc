# SPDX-License-Identifier: Apache-2.0
"""One step of online logistic regression with diagonal Gaussian beliefs."""

from __future__ import annotations

import math

from policies.protocol import Floats

_STEPS = 50
_ACCURACY = 1e-12


def laplace_step(m: Floats, q: Floats, x: Floats, *, weight: float, label: float, least: float) -> None:
    """Move N(m, 1/q) in place to the mode given one observation, and add its curvature there.

    The mode minimises 1/2 sum_i q_i (w_i - m_i)^2 + weight log(1 + e^s) - label s with s = x'w (Chapelle & Li
    2011, algorithm 3, with labels between 0 and `weight`). It lies at w = m - g x/q, where g is the
    slope weight sigma(s) - label, so one equation in s is solved. A reward that only corrects an earlier one
    has weight 0 and its change as the label; taking an observation away has a negative weight.

    Args:
        least: precision that no coefficient falls below.
    """
    before = float(x @ m)
    variance = float((x * x) @ (1.0 / q))
    s = _mode(before, variance, weight=weight, label=label)
    p = _sigmoid(s)
    m -= (weight * p - label) * x / q
    q += weight * p * (1.0 - p) * x * x
    q.clip(min=least, out=q)


def _mode(before: float, variance: float, *, weight: float, label: float) -> float:
    """Return s with s = before - variance (weight sigma(s) - label), by Newton's method kept in a bracket."""
    ends = (before + variance * label, before + variance * (label - weight))
    low, high = min(ends), max(ends)
    s = min(max(before, low), high)
    for _ in range(_STEPS):
        p = _sigmoid(s)
        miss = s - before + variance * (weight * p - label)
        if miss > 0.0:
            high = s
        else:
            low = s
        slope = 1.0 + variance * weight * p * (1.0 - p)
        step = s - miss / slope if slope > 0.0 else math.inf
        new = step if low <= step <= high else 0.5 * (low + high)
        if abs(new - s) <= _ACCURACY * (1.0 + abs(s)):
            return new
        s = new
    return s


def _sigmoid(s: float) -> float:
    if s >= 0.0:
        return 1.0 / (1.0 + math.exp(-s))
    e = math.exp(s)
    return e / (1.0 + e)

# SPDX-License-Identifier: Apache-2.0
"""One step of online logistic regression with Gaussian beliefs."""

from __future__ import annotations

import math

from policies.inverse import extend_inverse, packed_product
from policies.protocol import Floats

_STEPS = 50
_ACCURACY = 1e-12
# Taking an observation away multiplies the variance along it by this at most.
_MOST_GROWTH = 4.0


def laplace_step(m: Floats, covariance: Floats, x: Floats, *, weight: float, label: float) -> None:
    """Move N(m, S) in place to the mode given one observation, and add its curvature there.

    The mode minimises (w - m)'S^-1(w - m)/2 + weight log(1 + e^s) - label s with s = x'w (Chapelle & Li 2011,
    algorithm 3, with the whole S for its diagonal and labels from 0 to `weight`). It lies at w = m - g S x,
    where g is the slope weight sigma(s) - label, so one equation in s is solved. A reward that only corrects
    an earlier one has weight 0 and its change as the label; taking an observation away has a negative weight.

    Args:
        covariance: S, packed.
    """
    direction = packed_product(covariance, x)
    variance = float(x @ direction)
    s = _mode(float(x @ m), variance, weight=weight, label=label)
    p = _sigmoid(s)
    m -= (weight * p - label) * direction
    curvature = weight * p * (1.0 - p)
    if curvature * variance < 1.0 / _MOST_GROWTH - 1.0:
        curvature = (1.0 / _MOST_GROWTH - 1.0) / variance
    if curvature != 0.0:
        extend_inverse(covariance, x, curvature)


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

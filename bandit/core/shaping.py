# SPDX-License-Identifier: Apache-2.0
"""Boosts, the floor and shares: how a policy's probabilities become those that are drawn from.

In this order: boosts multiply and are normalised, the floor mixes in an equal part for every eligible arm,
shares bound what comes out. All of it acts on the vector, never on the result, so what is logged stays exact.
Every step takes probabilities to probabilities: nothing below 0, rows that sum to 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# A policy's vector may miss probabilities by so much, which is rounding; more is a fault.
_ROUNDING = 1e-9
# Less than this is nothing: bounds divided by it would overflow, and nobody ever draws it.
_NOTHING = 1e-200


class Shape(NamedTuple):
    """How a placement shapes the probabilities of its K arms.

    Args:
        boost: factor of each arm, shape (K,), or None when all are 1.
        floor: least probability of an eligible arm.
        low, high: bounds of each arm's share, shape (K,), or None when no arm has any.
    """

    boost: Floats | None
    floor: float
    low: Floats | None
    high: Floats | None


def shaped(p: Floats, eligible: Bools, shape: Shape, *, count: int | None = None) -> Floats:
    """Shape a policy's probabilities `p` over the `eligible` arms, both of shape (B, K).

    A caller who knows that every row has `count` eligible arms may say so, to save counting them.

    Raises:
        ArithmeticError: `p` is no distribution over the eligible arms, by more than rounding.
    """
    p = freed_of_rounding(p, eligible)
    if shape.boost is not None:
        p = normalised(p * shape.boost)
    floor = None
    if shape.floor > 0:
        counts = count or np.add.reduce(eligible, axis=1, keepdims=True)
        floor = min(shape.floor, 1 / count) if count else np.minimum(shape.floor, 1 / counts)
        p = np.where(eligible, p * (1 - counts * floor) + floor, 0.0)
    if shape.low is None or shape.high is None:
        return p
    low = shape.low if floor is None else np.maximum(shape.low, floor)
    return bounded(p, np.where(eligible, low, 0.0), np.where(eligible, shape.high, 0.0))


def freed_of_rounding(p: Floats, eligible: Bools) -> Floats:
    """Return `p` without what rounding left below 0 or on other arms; raise ArithmeticError if it is more."""
    out = np.maximum(p, 0.0)
    out *= eligible
    total = np.add.reduce(out, axis=1, keepdims=True)
    # Negated, so that NaN fails as well.
    if not (
        np.maximum.reduce(np.abs(total - 1.0), axis=None) <= _ROUNDING
        and np.minimum.reduce(p, axis=None) >= -_ROUNDING
    ):
        raise ArithmeticError("p: got a row that is no distribution over the eligible arms; allowed those")
    out /= total
    return out


def normalised(p: Floats) -> Floats:
    """The same vectors with rows that sum to 1."""
    total: Floats = np.add.reduce(p, axis=1, keepdims=True)
    return p / total


def uniform(eligible: Bools) -> Floats:
    """The same probability for every eligible arm: shape (B, K)."""
    return normalised(eligible.astype(np.float64))


def bounded(p: Floats, low: Floats, high: Floats) -> Floats:
    """The vector c p with each entry clipped to its bounds, for the c that makes it sum to 1: all (B, K).

    Bounds that cannot all be met are loosened first: lower bounds that sum to more than 1 are scaled down to
    1, upper bounds that sum to less than 1 are scaled up to 1. Arms with p = 0 that must carry weight share
    it by their room.
    """
    low = low / np.maximum(np.add.reduce(low, axis=1, keepdims=True), 1.0)
    high = np.maximum(high, low)
    high = high / np.minimum(np.add.reduce(high, axis=1, keepdims=True), 1.0)
    p = np.where(p > _NOTHING, p, 0.0)
    out = np.clip(_factor(p, low, high) * p, low, high)
    room = high - out
    # Too much is rounding, and is left to the norm: taking it by room would leave arms at 0 below it.
    missing = np.maximum(1.0 - np.add.reduce(out, axis=1, keepdims=True), 0.0)
    total = np.add.reduce(room, axis=1, keepdims=True)
    return normalised(out + room * (missing / np.where(total > 0, total, 1.0)))


def _factor(p: Floats, low: Floats, high: Floats) -> Floats:
    """Find c, shape (B, 1).

    sum(clip(c p, low, high)) grows with c and is linear between the points low/p and high/p. The points are
    searched by bisection, so that no sum is ever taken apart again and loses digits.
    """
    divisor = np.where(p > 0, p, np.inf)
    points = np.sort(np.concatenate([low / divisor, high / divisor], axis=1), axis=1)
    first = np.zeros((len(p), 1), dtype=np.int64)
    last = np.full((len(p), 1), points.shape[1] - 1)
    while (first < last).any():
        middle = (first + last) // 2
        enough = _total(np.take_along_axis(points, middle, axis=1), p, low, high) >= 1.0
        last = np.where(enough, middle, last)
        first = np.where(enough, first, middle + 1)
    upper = np.take_along_axis(points, last, axis=1)
    lower = np.take_along_axis(points, np.maximum(last - 1, 0), axis=1)
    below = _total(lower, p, low, high)
    step = _total(upper, p, low, high) - below
    part = np.clip((1.0 - below) / np.where(step > 0, step, 1.0), 0.0, 1.0)
    found: Floats = lower + part * (upper - lower)
    return found


def _total(c: Floats, p: Floats, low: Floats, high: Floats) -> Floats:
    total: Floats = np.add.reduce(np.clip(c * p, low, high), axis=1, keepdims=True)
    return total

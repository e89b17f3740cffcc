# SPDX-License-Identifier: Apache-2.0
"""Boosts, the floor and shares: how a policy's probabilities become those that are drawn from.

In this order: boosts multiply and are normalised, the floor mixes in an equal part for every eligible arm,
shares bound what comes out. All of it acts on the vector, never on the result, so what is logged stays exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

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


def shaped(p: Floats, eligible: Bools, shape: Shape) -> Floats:
    """Shape probabilities `p` (B, K), of which only those of `eligible` (B, K) are above 0; rows sum to 1."""
    if shape.boost is not None:
        p = normalised(p * shape.boost)
    floor = None
    if shape.floor > 0:
        count = np.add.reduce(eligible, axis=1, keepdims=True)
        floor = np.minimum(shape.floor, 1 / count)
        p = floor * eligible + (1 - count * floor) * p
    if shape.low is None or shape.high is None:
        return p
    low = shape.low if floor is None else np.maximum(shape.low, floor)
    return bounded(p, np.where(eligible, low, 0.0), np.where(eligible, shape.high, 0.0))


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
    return normalised(np.array([_bounded_row(*row) for row in zip(p, low, high, strict=True)]))


def _bounded_row(p: Floats, low: Floats, high: Floats) -> Floats:
    """Find c: sum(clip(c p, low, high)) grows with c and is linear between the points low/p and high/p."""
    carries = p > 0
    points = np.sort(np.concatenate([low[carries] / p[carries], high[carries] / p[carries]]))
    sums = np.clip(points[:, None] * p, low, high).sum(axis=1)
    if sums[-1] < 1.0:
        return _filled_up(np.where(carries, high, low), room=np.where(carries, 0.0, high - low))
    piece = int(np.searchsorted(sums, 1.0))
    c = points[piece]
    if piece > 0:
        part = (1.0 - sums[piece - 1]) / (sums[piece] - sums[piece - 1])
        c = points[piece - 1] + part * (c - points[piece - 1])
    found: Floats = np.clip(c * p, low, high)
    return found


def _filled_up(p: Floats, *, room: Floats) -> Floats:
    """Share what is missing to 1 among entries by their room; without any, only rounding is missing."""
    total = float(room.sum())
    return p + room * ((1.0 - float(p.sum())) / total) if total > 0 else p

# SPDX-License-Identifier: Apache-2.0
"""Boosts, the floor and shares: how a policy's probabilities become those that are drawn from.

In this order: boosts multiply and are normalised, the floor mixes in an equal part for every eligible arm, shares
bound what comes out. All of it acts on the vector, never on the result, so what is logged stays exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


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
    """Shape probabilities `p`, (B, K), of which only those of `eligible`, (B, K), are above 0; rows sum to 1."""
    if shape.boost is not None:
        p = p * shape.boost
        p = p / p.sum(axis=1, keepdims=True)
    if shape.floor > 0:
        count = eligible.sum(axis=1, keepdims=True)
        floor = np.minimum(shape.floor, 1 / count)
        p = np.where(eligible, floor + (1 - count * floor) * p, 0.0)
        if shape.low is not None and shape.high is not None:
            return bounded(
                p, np.where(eligible, np.maximum(shape.low, floor), 0.0), np.where(eligible, shape.high, 0.0)
            )
    elif shape.low is not None and shape.high is not None:
        return bounded(p, np.where(eligible, shape.low, 0.0), np.where(eligible, shape.high, 0.0))
    return p / p.sum(axis=1, keepdims=True)


def uniform(eligible: Bools) -> Floats:
    """The same probability for every eligible arm: shape (B, K)."""
    return eligible / eligible.sum(axis=1, keepdims=True)


def bounded(p: Floats, low: Floats, high: Floats) -> Floats:
    """The vector c * p with each entry clipped to its bounds, for the c that makes it sum to 1: all (B, K).

    Bounds that cannot all be met are loosened first: lower bounds that sum to more than 1 are scaled down to 1, upper bounds
    that sum to less than 1 are scaled up to 1. Arms with p = 0 that must carry weight share it by their room.
    """
    low = low / np.maximum(low.sum(axis=1, keepdims=True), 1.0)
    high = np.maximum(high, low)
    total = high.sum(axis=1, keepdims=True)
    high = np.where(total < 1.0, high / total, high)
    low = np.minimum(low, high)
    return np.stack([_bounded_row(*row) for row in zip(p, low, high, strict=True)])


def _bounded_row(p: Floats, low: Floats, high: Floats) -> Floats:
    """sum(clip(c p, low, high)) grows with c and is linear between the points low/p and high/p: find the piece, solve it."""
    carries = p > 0
    points = np.sort(np.concatenate([low[carries] / p[carries], high[carries] / p[carries]]))
    sums = np.clip(points[:, None] * p, low, high).sum(axis=1)
    if sums[-1] < 1.0:
        room = np.where(carries, 0.0, high - low)
        out = np.where(carries, high, low)
        out = out + room * ((1.0 - out.sum()) / room.sum())
    else:
        piece = int(np.searchsorted(sums, 1.0))
        c = points[piece]
        if piece > 0 and sums[piece] > sums[piece - 1]:
            step = (1.0 - sums[piece - 1]) / (sums[piece] - sums[piece - 1])
            c = points[piece - 1] + step * (points[piece] - points[piece - 1])
        out = np.clip(c * p, low, high)
    return out / out.sum()

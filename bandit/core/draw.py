# SPDX-License-Identifier: Apache-2.0
"""Chance: numbers that follow from a decision's id, and the one draw that every policy goes through."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_WORDS = 8  # of 64 bits in a digest
_WORD = np.dtype("<u8")
_SPARE_BITS, _UNIT = np.uint64(11), np.float64(2.0**-53)
_CLOSE = 1e-9  # the rest of the way to 1 is rounding


class Chance(NamedTuple):
    """All the chance that a batch of B decisions needs.

    Args:
        seeds: length B, for policies that estimate by Monte Carlo.
        u: numbers in [0, 1) of 53 bits, shape (B, count); independent of the seeds.
    """

    seeds: list[int]
    u: NDArray[np.float64]


def chance(decisions: Sequence[str], placement: str, *, count: int) -> Chance:
    """Derive `count` numbers and a seed from each decision's id, salted by the placement: always the same."""
    blocks = range(-(-(count + 1) // _WORDS))
    data = b"".join(
        hashlib.blake2b(
            f"{block}\x00{placement}\x00{decision}".encode(),
            digest_size=8 * _WORDS,
            person=b"slotwise-chance",
        ).digest()
        for decision in decisions
        for block in blocks
    )
    words = np.frombuffer(data, dtype=_WORD).reshape(len(decisions), _WORDS * len(blocks))
    u: NDArray[np.float64] = (words[:, 1 : count + 1] >> _SPARE_BITS) * _UNIT
    return Chance(words[:, 0].tolist(), u)


def draw(p: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.int64]:
    """Draw one arm a row: `u` (B,) lies in [0, 1); an arm with p = 0 is never drawn.

    Args: p: what `check` passes, shape (B, K); of all else nothing that is drawn may be used.
    """
    edges = np.add.accumulate(p, axis=1)
    # The last edge may miss 1 by rounding; scaling u to it keeps the draw inside without favouring an arm.
    chosen: NDArray[np.int64] = (edges > (u * edges[:, -1])[:, None]).argmax(axis=1)
    return chosen


def check(p: NDArray[np.float64]) -> None:
    """Raise ArithmeticError unless all rows of `p`, shape (..., K), are probabilities that sum to 1."""
    away = np.add.reduce(p, axis=-1) - 1.0
    # Negated, so that NaN fails as well.
    if not np.maximum.reduce(np.abs(away), axis=None) <= _CLOSE:
        raise ArithmeticError("p: got rows that do not sum to 1; allowed probabilities")
    if np.minimum.reduce(p, axis=None) < 0.0:
        raise ArithmeticError("p: got a number below 0; allowed probabilities")

# SPDX-License-Identifier: Apache-2.0
"""Chance: numbers that follow from a decision's id, and the one draw that every policy goes through."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

_PER_DIGEST = 8


def uniforms(decision: str, placement: str, *, count: int) -> list[float]:
    """`count` numbers in [0, 1) of 53 bits, salted by the placement: the same id always gives the same ones."""
    numbers: list[float] = []
    for block in range(-(-count // _PER_DIGEST)):
        text = f"{block}\x00{placement}\x00{decision}".encode()
        digest = hashlib.blake2b(text, digest_size=8 * _PER_DIGEST, person=b"slotwise-chance").digest()
        words = np.frombuffer(digest, dtype="<u8") >> np.uint64(11)
        numbers.extend((words * 2.0**-53).tolist())
    return numbers[:count]


def seed(decision: str, placement: str) -> int:
    """A 64-bit seed for policies that estimate by Monte Carlo; independent of the draw itself."""
    text = f"{placement}\x00{decision}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8, person=b"slotwise-seed").digest(), "little")


def draw(p: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.int64]:
    """Draw one arm a row: `p` (B, K) sums to 1, `u` (B,) lies in [0, 1); an arm with p = 0 is never drawn."""
    edges = np.cumsum(p, axis=1)
    # The last edge may fall short of 1 by rounding; scaling u to it keeps the draw inside without favouring an arm.
    chosen = (edges <= (u * edges[:, -1])[:, None]).sum(axis=1)
    return np.asarray(chosen, dtype=np.int64)

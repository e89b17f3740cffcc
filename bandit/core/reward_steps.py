# SPDX-License-Identifier: Apache-2.0
"""How finely scaled rewards are kept: in steps so small that a reward stays what it is, and sums stay exact.

A reward is a multiple of 2^-24, but of as large a power of 2 from 2^-16 on as keeps it within a thousandth
of what it was. The fewer digits rewards have, the longer float64 adds them without rounding (see
`policies.sums`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REWARD_UNIT = 2.0**-24
_BITS = range(16, 25)
_CLOSE = 1e-3


def counts_of(reward: float) -> int:
    """A scaled reward, within [-1, 1] or a sum of such, in counts of `REWARD_UNIT`."""
    counts = 0
    for bits in _BITS:
        counts = round(reward * 2.0**bits) << (24 - bits)
        if abs(counts * REWARD_UNIT - reward) <= _CLOSE * abs(reward):
            break
    return counts


def stepped(rewards: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scaled rewards as they are kept, shape (n,)."""
    kept: NDArray[np.float64] = np.zeros(rewards.shape)
    off = np.ones(rewards.shape, dtype=bool)
    for bits in _BITS:
        kept[off] = np.rint(rewards[off] * 2.0**bits) * 2.0**-bits
        off = np.abs(kept - rewards) > _CLOSE * np.abs(rewards)
        if not off.any():
            break
    return kept

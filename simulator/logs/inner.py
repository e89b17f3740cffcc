# SPDX-License-Identifier: Apache-2.0
"""Inner products with the same bytes however many threads BLAS may use: workers differ in that."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# BLAS libraries spread longer vectors over threads, and then round otherwise
PIECE = 8192


def inner(left: Floats, right: Floats) -> float:
    """`left . right`, piece by piece in order."""
    n = left.shape[0]
    if n <= PIECE:
        return float(np.dot(left, right))
    return float(sum(np.dot(left[i : i + PIECE], right[i : i + PIECE]) for i in range(0, n, PIECE)))

# SPDX-License-Identifier: Apache-2.0
"""Symmetric d x d matrices as their d(d+1)/2 upper entries: half the memory, and x'Mx is one dot product."""

from __future__ import annotations

import numpy as np

from policies.protocol import Floats


class Packing:
    """Converts between square matrices and packed rows (upper triangle, row by row) of one size `d`."""

    __slots__ = ("_columns", "_flat", "_rows", "_square", "d", "double", "size")

    def __init__(self, d: int) -> None:
        self.d = d
        self.size = d * (d + 1) // 2
        self._rows, self._columns = np.triu_indices(d)
        self._flat = self._rows * d + self._columns
        place = np.zeros((d, d), dtype=np.int64)
        place[self._rows, self._columns] = place[self._columns, self._rows] = np.arange(self.size)
        self._square = place.ravel()
        # In x'Mx every off-diagonal entry counts twice.
        self.double = np.where(self._rows == self._columns, 1.0, 2.0)

    def products(self, x: Floats) -> Floats:
        """Return the products x_i x_j (i <= j) of vectors of shape (..., d)."""
        return x.take(self._rows, axis=-1) * x.take(self._columns, axis=-1)

    def pack(self, matrices: Floats) -> Floats:
        """Return shape (..., d, d) as (..., d(d+1)/2)."""
        return matrices.reshape(*matrices.shape[:-2], self.d * self.d).take(self._flat, axis=-1)

    def unpack(self, packed: Floats) -> Floats:
        """Return shape (..., d(d+1)/2) as symmetric (..., d, d)."""
        return packed.take(self._square, axis=-1).reshape(*packed.shape[:-1], self.d, self.d)

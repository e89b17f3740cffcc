# SPDX-License-Identifier: Apache-2.0
"""Symmetric d x d matrices as their d(d+1)/2 upper entries: half the memory, and x'Mx is one dot product."""

from __future__ import annotations

import numpy as np

from policies.protocol import Floats


class Packing:
    """Converts between square matrices and packed rows (upper triangle, row by row) of one size `d`."""

    __slots__ = ("_columns", "_double", "_flat", "_rows", "_square", "d", "size")

    def __init__(self, d: int) -> None:
        self.d = d
        self.size = d * (d + 1) // 2
        self._rows, self._columns = np.triu_indices(d)
        self._flat = self._rows * d + self._columns
        place = np.zeros((d, d), dtype=np.int64)
        place[self._rows, self._columns] = place[self._columns, self._rows] = np.arange(self.size)
        self._square = place.ravel()
        self._double = np.where(self._rows == self._columns, 1.0, 2.0)

    def form(self, x: Floats) -> Floats:
        """Return f(x), shape (..., d(d+1)/2), such that x'Mx is the dot product of f(x) and packed M."""
        products = x.take(self._rows, axis=-1)
        products *= x.take(self._columns, axis=-1)
        # In x'Mx every off-diagonal entry counts twice.
        products *= self._double
        return products

    def pack(self, matrices: Floats) -> Floats:
        """Return shape (..., d, d) as (..., d(d+1)/2)."""
        return matrices.reshape(*matrices.shape[:-2], self.d * self.d).take(self._flat, axis=-1)

    def unpack(self, packed: Floats) -> Floats:
        """Return shape (..., d(d+1)/2) as symmetric (..., d, d)."""
        return packed.take(self._square, axis=-1).reshape(*packed.shape[:-1], self.d, self.d)

# SPDX-License-Identifier: Apache-2.0
"""Inverses of symmetric positive definite matrices, packed: from scratch, and after one more vector.

LAPACK's lower triangle column by column is our upper triangle row by row.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import blas, lapack

from policies.packing import Packing
from policies.protocol import Floats


def packed_inverse(matrix: Floats, packing: Packing, *, least: float) -> Floats:
    """Return the packed inverse of a packed matrix whose eigenvalues are `least` or more.

    Contributions that are taken away before they were added can make sums indefinite for a while; then
    eigenvalues are raised to `least`, so that the result is positive definite always.
    """
    square = packing.unpack(matrix)
    factor, failed = lapack.dpotrf(square.T, lower=1, clean=0)
    if not failed:
        half, failed = lapack.dpotri(factor, lower=1, overwrite_c=1)
        if not failed:
            return packing.pack(half.T)
    values, vectors = np.linalg.eigh(square)
    return packing.pack((vectors / np.maximum(values, least)) @ vectors.T)


def extend_inverse(inverse: Floats, x: Floats, weight: float) -> None:
    """Turn the packed A^-1 into (A + weight x x')^-1 in place (Sherman & Morrison 1950)."""
    d = len(x)
    u = blas.dspmv(d, 1.0, inverse, x, lower=1)
    factor = -weight / (1.0 + weight * float(x @ u))
    # BLAS works in place only if the memory suits it; the assignment costs nothing then, and is needed else.
    inverse[:] = blas.dspr(d, factor, u, inverse, lower=1, overwrite_ap=1)


def packed_product(packed: Floats, x: Floats) -> Floats:
    """Return M x for a packed symmetric M."""
    product: Floats = blas.dspmv(len(x), 1.0, packed, x, lower=1)
    return product

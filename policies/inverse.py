# SPDX-License-Identifier: Apache-2.0
"""Inverses of symmetric positive definite matrices, packed: from scratch, and after more vectors.

LAPACK's lower triangle column by column is our upper triangle row by row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import blas, lapack

from policies.packing import Packing
from policies.protocol import Floats

# Rounding errors of a Cholesky factor grow with the condition number once A is scaled to a diagonal of ones
# (van der Sluis 1969; Higham 2002, section 10.1), of which the largest A_ii (A^-1)_ii is a lower bound s.
# The errors measured were at most 3 s 2^-52 of the largest entry: below 1e-10 up to here.
_WELL_CONDITIONED = 1e5

# Extensions by a vector before an inverse is computed from the sums again: bounds the rounding error.
EXTENSIONS = 64

Weighted = tuple[float, Floats]
"""A vector x, shape (d,), behind its weight w > 0: what w x x' is made of."""


def packed_inverse(matrix: Floats, packing: Packing, *, least: float) -> tuple[Floats, bool]:
    """Return the packed inverse of a packed matrix whose eigenvalues are `least` or more, and True.

    Contributions that are taken away before they were added can make sums indefinite for a while; then
    eigenvalues are raised to `least`, so that the result is positive definite always, and False is returned:
    it is the inverse of another matrix, and must not be extended.
    """
    square = packing.unpack(matrix)
    factor, failed = lapack.dpotrf(square.T, lower=1, clean=0)
    if not failed:
        half, failed = lapack.dpotri(factor, lower=1, overwrite_c=1)
        if not failed:
            inverse = packing.pack(half.T)
            if (square.diagonal() * half.diagonal()).max() > _WELL_CONDITIONED:
                inverse = _refined(square, packing.unpack(inverse), packing)
            return inverse, True
    values, vectors = np.linalg.eigh(square)
    return packing.pack((vectors / np.maximum(values, least)) @ vectors.T), False


def _refined(matrix: Floats, inverse: Floats, packing: Packing) -> Floats:
    """Return X + X (I - A X) packed: a Newton step, whose residual needs more than double precision."""
    d = packing.d
    (a_high, a_low), (x_high, x_low) = _split(matrix), _split(inverse)
    residual = np.eye(d) - a_high @ x_high
    residual -= a_high @ x_low + a_low @ x_high
    residual -= a_low @ x_low
    better = inverse + inverse @ residual
    return packing.pack(0.5 * (better + better.T))


def _split(matrix: Floats) -> tuple[Floats, Floats]:
    """Split into a leading and a small part; leading parts multiply without error (Ozaki et al. 2012)."""
    bits = np.ceil(0.5 * (53.0 + np.log2(len(matrix))))
    carry = 2.0 ** (np.ceil(np.log2(np.abs(matrix).max())) + bits)
    high = (matrix + carry) - carry
    return high, matrix - high


def extend_inverse(inverse: Floats, x: Floats, weight: float) -> None:
    """Turn the packed A^-1 into (A + weight x x')^-1 in place (Sherman & Morrison 1950)."""
    d = len(x)
    u = blas.dspmv(d, 1.0, inverse, x, lower=1)
    factor = -weight / (1.0 + weight * float(x @ u))
    # BLAS works in place only if the memory suits it; the assignment costs nothing then, and is needed else.
    inverse[:] = blas.dspr(d, factor, u, inverse, lower=1, overwrite_ap=1)


def extended(inverses: Floats, vectors: Sequence[Sequence[Weighted]], packing: Packing) -> Floats:
    """Return (A_k + X_k' W_k X_k)^-1 of k packed A_k^-1, shape (k, d(d+1)/2), each with vectors of its own.

    A^-1 - A^-1 X' (W^-1 + X A^-1 X')^-1 X A^-1 (Woodbury 1950) for all k at once: a dozen calls of numpy in
    all, where `extend_inverse` takes three a vector.
    """
    counts = [len(each) for each in vectors]
    most = max(counts)
    # Those that have fewer vectors than others get vectors of zeros, which change nothing.
    used = np.arange(most) < np.array(counts)[:, None]
    x = np.zeros((*used.shape, packing.d))
    x[used] = [vector for each in vectors for _, vector in each]
    inner_diagonal = np.ones(used.shape)
    inner_diagonal[used] = [1.0 / weight for each in vectors for weight, _ in each]
    square = packing.unpack(inverses)
    u = x @ square
    inner = u @ x.swapaxes(1, 2)
    inner[:, np.arange(most), np.arange(most)] += inner_diagonal
    square -= u.swapaxes(1, 2) @ (np.linalg.inv(inner) @ u)
    return packing.pack(square)


def packed_product(packed: Floats, x: Floats) -> Floats:
    """Return M x for a packed symmetric M."""
    product: Floats = blas.dspmv(len(x), 1.0, packed, x, lower=1)
    return product

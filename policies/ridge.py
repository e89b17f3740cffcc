# SPDX-License-Identifier: Apache-2.0
"""Ridge regression per arm on exact sums: theta = A^-1 b and x' A^-1 x for every arm at once.

The sums are the truth; theta and A^-1 (A = l2 I + sum w x x') are a float64 cache of them, brought up to
date for the arms that changed when somebody next asks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import lapack

from policies.inputs import check_vectors
from policies.memory import Memory
from policies.protocol import Floats, Ints
from policies.sums import VECTOR, Sums, SumsState


class Ridge:
    """One linear model per arm, all over the same `dimension` features.

    Args:
        l2: ridge; also what an arm never seen believes: theta = 0, A = l2 I.
    """

    def __init__(self, *, dimension: int, l2: float, memory: Memory | None = None) -> None:
        self.sums = Sums(dimension=dimension, memory=memory)
        self.l2 = l2
        self._packing = self.sums.packing
        self._theta: Floats
        self._quadratic: Floats
        self._asked: tuple[tuple[str, ...], int]
        self._at: Ints
        self._clear()

    def predict(self, arms: Sequence[str], x: Floats) -> tuple[Floats, Floats]:
        """Return x'theta and x'A^-1 x, both of shape (B, K), for x of shape (B, K, d) or (B, 1, d)."""
        check_vectors(x, arms=arms, dimension=self.sums.dimension)
        self.refresh()
        at = self._places(arms)
        if x.shape[1] != 1 or len(arms) == 1:
            mean = np.einsum("bkd,kd->bk", x, self._theta[at])
            spread = np.einsum("bkp,kp->bk", self._packing.products(x), self._quadratic[at])
        else:
            x = x[:, 0]
            products = self._packing.products(x)
            used = len(self.sums.rows) + 1
            # Copying the rows of a few arms costs more than scoring a few rows too many.
            if 2 * len(arms) < used:
                mean, spread = x @ self._theta[at].T, products @ self._quadratic[at].T
            else:
                mean = (x @ self._theta[:used].T).take(at, axis=1)
                spread = (products @ self._quadratic[:used].T).take(at, axis=1)
        return mean, np.maximum(spread, 0.0, out=spread)

    def restore(self, state: SumsState) -> None:
        """Take over sums; raise InvalidState and change nothing when they do not fit."""
        self.sums.restore(state)
        self._clear()

    def theta(self, arm: str) -> Floats:
        """Return the posterior mean of the arm's coefficients, shape (d,)."""
        self.refresh()
        theta: Floats = self._theta[self._places((arm,))[0]].copy()
        return theta

    def covariance(self, arm: str) -> Floats:
        """Return A^-1 of the arm, shape (d, d)."""
        self.refresh()
        return self._packing.unpack(self._quadratic[self._places((arm,))[0]] / self._packing.double)

    def refresh(self) -> None:
        """Bring the cache up to date with the sums."""
        changed, rewarded = self.sums.take_changed()
        self._grow()
        if changed:
            self._refactor(changed)
        if rewarded:
            b = self._vectors(self.sums.totals(rewarded))
            for row, vector in zip(rewarded, b, strict=True):
                inverse = self._packing.unpack(self._quadratic[row + 1] / self._packing.double)
                self._theta[row + 1] = inverse @ vector

    def _refactor(self, rows: list[int]) -> None:
        d = self.sums.dimension
        totals = self.sums.totals(rows)
        matrices = self._packing.unpack(totals[:, VECTOR + d :])
        matrices[:, range(d), range(d)] += self.l2
        inverses = np.empty_like(matrices)
        for matrix, inverse in zip(matrices, inverses, strict=True):
            inverse[:] = symmetric_inverse(matrix, least=self.l2)
        at = np.array(rows) + 1
        self._theta[at] = (inverses @ self._vectors(totals)[:, :, None])[:, :, 0]
        self._quadratic[at] = self._packing.pack(inverses) * self._packing.double

    def _vectors(self, totals: Floats) -> Floats:
        return totals[:, VECTOR : VECTOR + self.sums.dimension]

    def _places(self, arms: Sequence[str]) -> Ints:
        """Return where the arms stand in the cache: 0 is the prior, for arms never seen."""
        key = arms if type(arms) is tuple else tuple(arms)
        rows = self.sums.rows
        # An arm that was new when the same arms were asked for last time may have its row by now.
        if key != self._asked[0] or len(rows) != self._asked[1]:
            self._at = np.array([rows.get(arm, -1) + 1 for arm in key], dtype=np.int64)
            self._asked = (key, len(rows))
        return self._at

    def _clear(self) -> None:
        self._theta = np.zeros((0, self.sums.dimension))
        self._quadratic = np.zeros((0, self._packing.size))
        self._asked, self._at = ((), -1), np.zeros(0, dtype=np.int64)
        self._grow()

    def _grow(self) -> None:
        """Make room for new arms, which start at the prior."""
        wanted = len(self.sums.rows) + 1
        have = len(self._theta)
        if wanted > have:
            more = max(wanted, 2 * have) - have
            prior = np.eye(self.sums.dimension) / self.l2
            self._theta = np.concatenate([self._theta, np.zeros((more, self.sums.dimension))])
            quadratic = np.broadcast_to(self._packing.pack(prior), (more, self._packing.size))
            self._quadratic = np.concatenate([self._quadratic, quadratic])


def symmetric_inverse(matrix: Floats, *, least: float) -> Floats:
    """Return the inverse of a symmetric matrix whose eigenvalues are `least` or more.

    Where rounding or contributions that were taken away before they were added made it indefinite,
    eigenvalues are raised to `least`, so the result is positive definite always.
    """
    factor, failed = lapack.dpotrf(matrix, lower=1, clean=0)
    if not failed:
        half, failed = lapack.dpotri(factor, lower=1)
        if not failed:
            whole: Floats = np.tril(half) + np.tril(half, -1).T
            return whole
    values, vectors = np.linalg.eigh(matrix)
    result: Floats = (vectors / np.maximum(values, least)) @ vectors.T
    return result

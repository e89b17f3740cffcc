# SPDX-License-Identifier: Apache-2.0
"""Ridge regression per arm on exact sums: theta = A^-1 b and x' A^-1 x for every arm at once.

The sums are the truth; theta and A^-1 (A = l2 I + sum w x x', b = sum (r - w m) x) are a float64 cache of
them, brought up to date for the arms that changed when somebody next asks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policies.inputs import check_vectors
from policies.inverse import (
    EXTENSIONS,
    Weighted,
    extend_inverse,
    extended,
    packed_inverse,
    packed_product,
)
from policies.memory import Memory
from policies.protocol import Floats, Ints
from policies.sums import VECTOR, Sums

# Up to so many arms are brought up to date quicker one by one than all at once.
_FEW = 4


class Ridge:
    """One linear model per arm, all over the same `dimension` features.

    Args:
        l2: ridge; also what an arm never seen believes: theta = 0, A = l2 I.
        prior_mean: m, the expected reward where nothing is known: theta explains rewards minus m.
    """

    def __init__(
        self, *, dimension: int, l2: float, prior_mean: float = 0.0, memory: Memory | None = None
    ) -> None:
        self.sums = Sums(dimension=dimension, memory=memory)
        self.l2 = l2
        self.prior_mean = prior_mean
        self._packing = self.sums.packing
        self._ridge = self._packing.pack(l2 * np.eye(dimension))
        self._theta: Floats
        self._inverse: Floats
        self._extended: list[int]
        self._asked: tuple[tuple[str, ...], int, int]
        self._at: Ints
        self.clear()

    def predict(self, arms: Sequence[str], x: Floats) -> tuple[Floats, Floats]:
        """Return x'theta and x'A^-1 x, both of shape (B, K), for x of shape (B, K, d) or (B, 1, d)."""
        check_vectors(x, arms=arms, dimension=self.sums.dimension)
        self.refresh()
        at = self._places(arms)
        if x.shape[1] != 1:
            mean = np.einsum("bkd,kd->bk", x, self._theta[at])
            spread = np.einsum("bkp,kp->bk", self._packing.form(x), self._inverse[at])
        else:
            x = x[:, 0]
            form = self._packing.form(x)
            used = self.sums.size + 1
            # Copying the rows of a few arms costs more than scoring a few rows too many.
            if 2 * len(arms) < used:
                mean, spread = x @ self._theta[at].T, form @ self._inverse[at].T
            else:
                mean = (x @ self._theta[:used].T).take(at, axis=1)
                spread = (form @ self._inverse[:used].T).take(at, axis=1)
        if self.prior_mean != 0.0:
            mean += self.prior_mean
        spread = np.maximum(spread, 0.0, out=spread)
        return mean, spread

    @property
    def nbytes(self) -> int:
        """Memory of sums and cache."""
        return self.sums.nbytes + self._theta.nbytes + self._inverse.nbytes

    def theta(self, arm: str) -> Floats:
        """Return the posterior mean of the arm's coefficients, shape (d,)."""
        self.refresh()
        theta: Floats = self._theta[self._places((arm,))[0]].copy()
        return theta

    def covariance(self, arm: str) -> Floats:
        """Return A^-1 of the arm, shape (d, d)."""
        self.refresh()
        return self._packing.unpack(self._inverse[self._places((arm,))[0]])

    def refresh(self) -> None:
        """Bring the cache up to date with the sums."""
        changes = self.sums.changes
        if not changes:
            return
        self._grow()
        rows = sorted(changes.rebuild | changes.extend.keys() | changes.rewarded)
        totals, d = self.sums.totals(rows), self.sums.dimension
        together: dict[int, Sequence[Weighted]] = {}
        for row, total in zip(rows, totals, strict=True):
            vectors = changes.extend.get(row, ())
            if row in changes.rebuild or self._extended[row] + len(vectors) > EXTENSIONS:
                matrix = total[VECTOR + 2 * d :] + self._ridge
                inverse, exact = packed_inverse(matrix, self._packing, least=self.l2)
                self._inverse[row + 1] = inverse
                self._extended[row] = 0 if exact else EXTENSIONS
                continue
            self._extended[row] += len(vectors)
            if len(rows) > _FEW and vectors:
                together[row] = vectors
                continue
            for weight, x in vectors:
                extend_inverse(self._inverse[row + 1], x, weight)
        if together:
            at = np.array(list(together)) + 1
            self._inverse[at] = extended(self._inverse[at], list(together.values()), self._packing)
        changes.clear()
        b = totals[:, VECTOR : VECTOR + d]
        if self.prior_mean != 0.0:
            b = b - self.prior_mean * totals[:, VECTOR + d : VECTOR + 2 * d]
        self._solve(rows, b)

    def _solve(self, rows: Sequence[int], b: Floats) -> None:
        """Compute theta of some arms from their inverses and b, shape (len(rows), d)."""
        if len(rows) > _FEW:
            at = np.array(rows) + 1
            self._theta[at] = (self._packing.unpack(self._inverse[at]) @ b[:, :, None])[:, :, 0]
            return
        for row, of_arm in zip(rows, b, strict=True):
            self._theta[row + 1] = packed_product(self._inverse[row + 1], of_arm)

    def _places(self, arms: Sequence[str]) -> Ints:
        """Return where the arms stand in the cache: 0 is the prior, for arms never seen."""
        key = arms if type(arms) is tuple else tuple(arms)
        rows = self.sums.rows
        # An arm that was new when the same arms were asked for last time may have its row by now, or lost it.
        if key != self._asked[0] or (len(rows), self.sums.moves) != self._asked[1:]:
            self._at = np.array([rows.get(arm, -1) + 1 for arm in key], dtype=np.int64)
            self._asked = (key, len(rows), self.sums.moves)
        return self._at

    def clear(self) -> None:
        self._theta = np.zeros((0, self.sums.dimension))
        self._inverse = np.zeros((0, self._packing.size))
        self._extended = []
        self._asked, self._at = ((), -1, 0), np.zeros(0, dtype=np.int64)
        self._grow()

    def _grow(self) -> None:
        """Make room for new arms, which start at the prior."""
        wanted = self.sums.size + 1
        have = len(self._theta)
        if wanted > have:
            more = max(wanted, 2 * have) - have
            prior = self._packing.pack(np.eye(self.sums.dimension) / self.l2)
            self._theta = np.concatenate([self._theta, np.zeros((more, self.sums.dimension))])
            inverse = np.empty((have + more, len(prior)))
            inverse[:have], inverse[have:] = self._inverse, prior
            self._inverse = inverse
            self._extended += [0] * more

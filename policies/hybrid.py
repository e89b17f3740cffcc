# SPDX-License-Identifier: Apache-2.0
"""Ridge regression with a part shared by all arms and a part of each arm's own, on exact sums.

r = z'beta + x'theta_a. Li et al. (2010, algorithm 2) update A_0 and b_0 arm by arm and step by step, which
depends on the order; eliminating every theta_a from the sums of its arm gives the same numbers in any order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policies.inputs import check_vectors
from policies.inverse import EXTENSIONS, packed_inverse
from policies.memory import Memory
from policies.packing import Packing
from policies.protocol import NEWCOMER, Floats
from policies.sums import VECTOR, Sums

# Where in the cache those stand that are no single arm: arms never seen, and newcomers.
_PRIOR, _COMMON, _FIRST = 0, 1, 2


class HybridRidge:
    """Coefficients beta of all arms together, with ridge `l2`, and theta_a of each arm, with ridge `own_l2`.

    What newcomers teach is about beta alone: many arms in one row would have one theta between them, which
    would take for its own what they have in common.

    Args:
        own: how many leading features are x, the arm's own part; shared: how many trailing ones are z.
        prior_mean: the expected reward where nothing is known.
    """

    def __init__(
        self,
        *,
        dimension: int,
        own: int,
        shared: int,
        l2: float,
        own_l2: float,
        prior_mean: float,
        memory: Memory,
    ) -> None:
        self.sums = Sums(dimension=dimension, memory=memory)
        self.l2, self.own_l2, self.prior_mean = l2, own_l2, prior_mean
        self._p, self._k = own, shared
        self._packing_p, self._packing_k = Packing(own), Packing(shared)
        self.clear()

    def clear(self) -> None:
        """Drop the cache, as after sums were replaced."""
        p, k = self._p, self._k
        # A row for each arm: A_a^-1, A_a^-1 B_a, theta_a given beta = 0, and what is left of the arm for A_0
        # and for b_0. Newcomers have no part of their own: for them A_a^-1 is 0, and everything is left.
        self._inverse = np.zeros((_FIRST, p, p))
        self._inverse[_PRIOR] = np.eye(p) / self.own_l2
        self._cross = np.zeros((_FIRST, p, k))
        self._theta = np.zeros((_FIRST, p))
        self._left = np.zeros((_FIRST, k, k))
        self._left_b = np.zeros((_FIRST, k))
        self._extended = [0] * _FIRST
        self._beta = np.zeros(k)
        self._inverse_0 = np.eye(k) / self.l2
        self._extended_0 = 0

    def predict(self, arms: Sequence[str], x: Floats) -> tuple[Floats, Floats]:
        """Return expected rewards and s_{t,a} (algorithm 2, line 12), both of shape (B, K)."""
        check_vectors(x, arms=arms, dimension=self.sums.dimension)
        self.refresh()
        at = [_COMMON if arm == NEWCOMER else self._place(self.sums.rows.get(arm)) for arm in arms]
        own = np.broadcast_to(x[..., : self._p], (len(x), len(arms), self._p))
        z = x[..., self.sums.dimension - self._k :]
        rest = z - np.matmul(own[:, :, None, :], self._cross[at])[:, :, 0]
        mean = self.prior_mean + np.einsum("bkp,kp->bk", own, self._theta[at]) + rest @ self._beta
        spread = np.einsum("bkp,bkp->bk", np.matmul(own[:, :, None, :], self._inverse[at])[:, :, 0], own)
        spread += np.einsum("bkz,bkz->bk", rest @ self._inverse_0, rest)
        return mean, np.maximum(spread, 0.0)

    def refresh(self) -> None:
        """Bring the cache up to date with the sums."""
        changes = self.sums.changes
        if not changes:
            return
        self._grow()
        rows = sorted(changes.rebuild | changes.extend.keys() | changes.rewarded)
        for row, total in zip(rows, self.sums.totals(rows), strict=True):
            at, vectors = self._place(row), changes.extend.get(row, ())
            if row in changes.rebuild or self._extended[at] + len(vectors) > EXTENSIONS:
                self._eliminate(at, total)
            else:
                for weight, x in vectors:
                    self._extend(at, x, weight)
            self._solve(at, total)
        changes.clear()
        if self._extended_0 > EXTENSIONS:
            a_0 = np.add.reduce(self._left, axis=0) + self.l2 * np.eye(self._k)
            self._inverse_0, exact = _inverse(a_0, self._packing_k, least=self.l2)
            self._extended_0 = 0 if exact else EXTENSIONS
        self._beta = self._inverse_0 @ np.add.reduce(self._left_b, axis=0)

    def _place(self, row: int | None) -> int:
        """Where in the cache a row of the sums stands."""
        if row is None:
            return _PRIOR
        return _COMMON if row == self.sums.rows.get(NEWCOMER) else _FIRST + row

    def _grow(self) -> None:
        """Make room for new arms, which start at the prior."""
        more = _FIRST + self.sums.size - len(self._theta)
        if more > 0:
            prior = np.broadcast_to(np.eye(self._p) / self.own_l2, (more, self._p, self._p))
            self._inverse = np.concatenate([self._inverse, prior])
            self._cross = np.concatenate([self._cross, np.zeros((more, self._p, self._k))])
            self._theta = np.concatenate([self._theta, np.zeros((more, self._p))])
            self._left = np.concatenate([self._left, np.zeros((more, self._k, self._k))])
            self._left_b = np.concatenate([self._left_b, np.zeros((more, self._k))])
            self._extended += [0] * more

    def _eliminate(self, at: int, total: Floats) -> None:
        """Take an arm's own part out of its sums: what is left is for beta."""
        d, p, k = self.sums.dimension, self._p, self._k
        square = self.sums.packing.unpack(total[VECTOR + 2 * d :])
        cross = square[:p, d - k :]
        own = square[:p, :p] + self.own_l2 * np.eye(p)
        if at == _COMMON:
            inverse, exact = np.zeros((p, p)), True
            # An arm that left may have had the row until now.
            unused = _FIRST + self.sums.rows[NEWCOMER]
            self._left[unused], self._left_b[unused] = 0.0, 0.0
        else:
            inverse, exact = _inverse(own, self._packing_p, least=self.own_l2)
        self._inverse[at] = inverse
        self._cross[at] = inverse @ cross
        self._left[at] = square[d - k :, d - k :] - cross.T @ self._cross[at]
        self._extended[at] = 0 if exact else EXTENSIONS
        # A vector extends the inverse of A_0 by one; a whole arm is more than that.
        self._extended_0 = EXTENSIONS + 1

    def _extend(self, at: int, x: Floats, weight: float) -> None:
        """Bring an arm, and A_0^-1, up to date with one more vector (Sherman & Morrison 1950).

        With z the shared part of x and v = z - B_a'A_a^-1 x, the Schur complement that is the arm's part of
        A_0 grows by a multiple of v v'.
        """
        own, inverse, cross = x[: self._p], self._inverse[at], self._cross[at]
        u = inverse @ own
        v = x[len(x) - self._k :] - own @ cross
        scale = weight / (1.0 + weight * float(own @ u))
        scaled = scale * u
        inverse -= np.multiply.outer(scaled, u)
        cross += np.multiply.outer(scaled, v)
        self._left[at] += np.multiply.outer(scale * v, v)
        y = self._inverse_0 @ v
        self._inverse_0 -= np.multiply.outer(scale / (1.0 + scale * float(v @ y)) * y, y)
        self._extended[at] += 1
        self._extended_0 += 1

    def _solve(self, at: int, total: Floats) -> None:
        """Compute theta_a given that beta is 0, and what the arm's rewards leave for b_0."""
        d = self.sums.dimension
        b, s = total[VECTOR : VECTOR + 2 * d].reshape(2, d)
        b = b - self.prior_mean * s
        self._theta[at] = self._inverse[at] @ b[: self._p]
        self._left_b[at] = b[d - self._k :] - b[: self._p] @ self._cross[at]


def _inverse(matrix: Floats, packing: Packing, *, least: float) -> tuple[Floats, bool]:
    inverse, exact = packed_inverse(packing.pack(matrix), packing, least=least)
    return packing.unpack(inverse), exact

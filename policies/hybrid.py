# SPDX-License-Identifier: Apache-2.0
"""Ridge regression with a part shared by all arms and a part of each arm's own, on exact sums.

r = z'beta + x'theta_a. Li et al. (2010, algorithm 2) update A_0 and b_0 arm by arm and step by step, which
depends on the order; eliminating every theta_a from the sums of its arm gives the same numbers in any order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policies.inputs import check_vectors
from policies.inverse import packed_inverse
from policies.memory import Memory
from policies.packing import Packing
from policies.protocol import Floats
from policies.sums import VECTOR, Sums


class HybridRidge:
    """Coefficients beta of all arms together, with ridge `l2`, and theta_a of each arm, with ridge `own_l2`.

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
        # A row for each arm, the prior first: A_a^-1, A_a^-1 B_a, A_a^-1 b_a, and what is left for A_0 | b_0.
        self._inverse = np.eye(p)[None] / self.own_l2
        self._cross = np.zeros((1, p, k))
        self._theta = np.zeros((1, p))
        self._left = np.zeros((1, k, k + 1))
        self._beta = np.zeros(k)
        self._inverse_0 = np.eye(k) / self.l2

    def predict(self, arms: Sequence[str], x: Floats) -> tuple[Floats, Floats]:
        """Return expected rewards and s_{t,a} (algorithm 2, line 12), both of shape (B, K)."""
        check_vectors(x, arms=arms, dimension=self.sums.dimension)
        self.refresh()
        at = [self.sums.rows.get(arm, -1) + 1 for arm in arms]
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
        more = len(self.sums.rows) + 1 - len(self._theta)
        if more > 0:
            prior = np.broadcast_to(np.eye(self._p) / self.own_l2, (more, self._p, self._p))
            self._inverse = np.concatenate([self._inverse, prior])
            self._cross = np.concatenate([self._cross, np.zeros((more, self._p, self._k))])
            self._theta = np.concatenate([self._theta, np.zeros((more, self._p))])
            self._left = np.concatenate([self._left, np.zeros((more, self._k, self._k + 1))])
        rows = sorted(changes.rebuild | changes.extend.keys() | changes.rewarded)
        for row, total in zip(rows, self.sums.totals(rows), strict=True):
            self._eliminate(row + 1, total)
        changes.clear()
        sums_0 = self._left.sum(axis=0)
        a_0 = sums_0[:, : self._k] + self.l2 * np.eye(self._k)
        self._inverse_0 = _inverse(a_0, self._packing_k, least=self.l2)
        self._beta = self._inverse_0 @ sums_0[:, self._k]

    def _eliminate(self, at: int, total: Floats) -> None:
        """Solve an arm for theta_a given beta, and keep what that leaves for beta."""
        d, p, k = self.sums.dimension, self._p, self._k
        b, s = total[VECTOR : VECTOR + 2 * d].reshape(2, d)
        b = b - self.prior_mean * s
        square = self.sums.packing.unpack(total[VECTOR + 2 * d :])
        cross = square[:p, d - k :]
        inverse = _inverse(square[:p, :p] + self.own_l2 * np.eye(p), self._packing_p, least=self.own_l2)
        self._inverse[at] = inverse
        self._cross[at] = inverse @ cross
        self._theta[at] = inverse @ b[:p]
        self._left[at, :, :k] = square[d - k :, d - k :] - cross.T @ self._cross[at]
        self._left[at, :, k] = b[d - k :] - cross.T @ self._theta[at]


def _inverse(matrix: Floats, packing: Packing, *, least: float) -> Floats:
    return packing.unpack(packed_inverse(packing.pack(matrix), packing, least=least))

# SPDX-License-Identifier: Apache-2.0
"""Whether importance weights average what they must; if not, the logged propensities may be wrong.

A weight `w = pi(a|x) / p(a|x)` averages 1 over what the logger might have shown, less the policy's share of
what it could never show. How much the weights of a log vary does not say how far their mean may be off: a
greedy logger rarely shows its other arms, which weigh most, so a short log has met none of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from simulator.logs.inner import inner
from simulator.logs.partition import Floats

# log of one over the chance at which honest propensities are accused
SURE = math.log(1e4)
# a mean weight this many standard errors from what it must be is worth a word
OFF_ERRORS = 4.0
# propensities are given with few digits
ROUNDING = 1e-3
# a row that was not met may weigh this many times as much as the heaviest that was
UNMET = 100.0

Finding = Literal["fine", "too short to tell", "wrong"]


@dataclass
class MeanWeight:
    """Streaming and mergeable.

    Args:
        rows: how many there are.
        total, squared, largest: of their weights.
        expected, variance, bound: sums of the weights' means and variances given what the logger might have
            shown, and the largest weight that it might; they are known where all rows have whole vectors.
        whole: whether all rows have.
    """

    rows: int = 0
    total: float = 0.0
    squared: float = 0.0
    largest: float = 0.0
    expected: float = 0.0
    variance: float = 0.0
    bound: float = 0.0
    whole: bool = True

    def add(self, w: Floats, *, logger: Floats | None = None, policy: Floats | None = None) -> None:
        """Add weights, shape (n,), and both policies' whole vectors, shape (n, K), where they are known."""
        if w.shape[0] == 0:
            return
        self.rows += w.shape[0]
        self.total += float(w.sum())
        self.squared += inner(w, w)
        self.largest = max(self.largest, float(w.max()))
        if logger is None or policy is None:
            self.whole = False
            return
        ratio = np.divide(policy, logger, out=np.zeros(logger.shape), where=logger > 0)
        means = np.einsum("nk,nk->n", ratio, logger)
        self.expected += float(means.sum())
        self.variance += max(0.0, float(np.einsum("nk,nk->", ratio, policy)) - inner(means, means))
        self.bound = max(self.bound, float(ratio.max()))

    def merge(self, other: Self) -> None:
        """Add what another has seen."""
        self.rows += other.rows
        self.total += other.total
        self.squared += other.squared
        self.largest = max(self.largest, other.largest)
        self.expected += other.expected
        self.variance += other.variance
        self.bound = max(self.bound, other.bound)
        self.whole = self.whole and other.whole

    @property
    def mean(self) -> float:
        """The mean weight, 0 without rows."""
        return self.total / self.rows if self.rows else 0.0

    @property
    def error(self) -> float:
        """Its standard error by the weights that were met."""
        if not self.rows:
            return 0.0
        return math.sqrt(max(0.0, self.squared / self.rows - self.mean**2) / self.rows)

    def judge(self) -> Finding:
        """Say whether the mean is what it must be, or is off, and if so whether chance may be behind it."""
        must = self.expected / self.rows if self.whole and self.rows else 1.0
        off = self.mean - must
        if self.mean == 0 or abs(off) <= max(OFF_ERRORS * self.error, ROUNDING):
            return "fine"
        wrong = abs(off) > self._reach() if self.whole else not self._by_unmet_rows()
        return "wrong" if wrong else "too short to tell"

    def _reach(self) -> float:
        """How far the mean strays from its expectation with chance `exp(-SURE)` a side.

        Freedman (1975, theorem 1.6): rows may depend on those before them, as where the logger learns.
        """
        step = self.bound * SURE / (3 * self.rows)
        return step + math.sqrt(step**2 + 2 * self.variance / self.rows * SURE / self.rows)

    def _by_unmet_rows(self) -> bool:
        """Whether rows too rare to have been met might make up for what the mean lacks or has too much.

        Rows that make up a share of `SURE / n` of all are missing from `n` rows with chance `exp(-SURE)`.
        """
        share = SURE / self.rows
        if self.mean > 1:
            return 1 - 1 / self.mean <= share
        return (1 - self.mean) / share <= UNMET * max(1.0, self.largest)

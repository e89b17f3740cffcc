# SPDX-License-Identifier: Apache-2.0
"""The empirical likelihood estimator (Karampatziakis, Langford & Mineiro 2020).

Cressie-Read is its quadratic approximation. This one keeps weights and rewards, so memory grows with the log.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from simulator.estimators.cressie_read import CressieRead
from simulator.estimators.protocol import Estimate
from simulator.estimators.ratio import Rows
from simulator.estimators.reading import Reading
from simulator.logs.partition import Floats, Partition, Target
from simulator.roots import root


@dataclass(kw_only=True)
class EmpiricalLikelihood:
    """Maximum likelihood over the joint law of weights and rewards, given that weights average 1.

    Args:
        weight_min: the least weight that can occur.
        weight_max: the largest weight that can occur; infinity when it is not known.
    """

    weight_min: float = 0.0
    weight_max: float = math.inf
    weights: list[Floats] = field(default_factory=list)
    rewards: list[Floats] = field(default_factory=list)
    counts: list[Floats] = field(default_factory=list)
    start: list[int] = field(default_factory=list)

    name: ClassVar[str] = "empirical_likelihood"
    reading: ClassVar[Reading] = Reading(interval="snips")
    needs: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        CressieRead(weight_min=self.weight_min, weight_max=self.weight_max)

    def add(self, logged: Partition, target: Target) -> None:
        """Keep the weights and rewards of one partition."""
        rows = Rows(logged, target)
        if rows.w.shape[0]:
            self.weights.append(rows.w)
            self.rewards.append(rows.reward)
            self.counts.append(np.ones_like(rows.w) if logged.keep is None else 1 / logged.keep)
            self.start.append(logged.start)

    def merge(self, other: Self) -> None:
        """Keep what another instance has seen, too."""
        self.weights += other.weights
        self.rewards += other.rewards
        self.counts += other.counts
        self.start += other.start

    def estimate(self) -> Estimate | None:
        """Solve the one-dimensional dual for `beta`: `sum c (w - 1) / (n + beta (w - 1)) = 0`."""
        if not self.weights:
            return None
        order = np.argsort(self.start, kind="stable")
        w, r, c = (
            np.concatenate([parts[i] for i in order]) for parts in (self.weights, self.rewards, self.counts)
        )
        n = float(c.sum())
        beta = self._dual(w, c, n)
        share = c * w / ((w - 1) * beta + n)
        missing = max(0.0, 1.0 - float(share.sum()))
        value = float(share @ r) + missing * float(c @ r) / n
        error = math.sqrt(float(c @ (w * (r - value)) ** 2)) / n
        return Estimate(value, error, n, float((c @ w) ** 2 / (c @ (w * w))) if w.any() else 0.0)

    def _dual(self, w: Floats, c: Floats, n: float) -> float:
        least, most = min(self.weight_min, float(w.min())), max(self.weight_max, float(w.max()))
        # every row's share must stay between 0 and 1, the imagined rows' above 0
        low = 0.0 if math.isinf(most) or most <= 1 else n / (1 - most)
        high = n / (1 - least) if least < 1 else math.inf
        above, below = w > 1, w < 1
        if above.any():
            low = max(low, float(((n - c[above]) / (1 - w[above])).max()))
        if below.any():
            high = min(high, float(((n - c[below]) / (1 - w[below])).min()))

        def slope(beta: float) -> float:
            return float(np.sum(c * (w - 1) / ((w - 1) * beta + n)))

        if not math.isfinite(high):
            return low
        at_low, at_high = slope(low), slope(high)
        if at_low * at_high < 0:
            return root(slope, low, high)
        return low if at_low < 0 else high

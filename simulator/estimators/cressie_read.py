# SPDX-License-Identifier: Apache-2.0
"""The Cressie-Read(-2) empirical likelihood estimator (Karampatziakis, Langford & Mineiro 2020).

It reweighs the rows, and one imagined row of the least or largest weight, so that weights average 1,
in the way that changes them least; what weight stays missing earns the mean logged reward.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.protocol import Estimate
from simulator.estimators.ratio import Rows
from simulator.estimators.reading import Reading
from simulator.logs.inner import inner
from simulator.logs.partition import Floats, Partition, Target


@dataclass(kw_only=True)
class CressieRead:
    """Eight sums, so it streams and merges like IPS.

    Args:
        weight_min: the least weight that can occur.
        weight_max: the largest weight that can occur; infinity when it is not known.
    """

    weight_min: float = 0.0
    weight_max: float = math.inf
    power: Floats = field(default_factory=lambda: np.zeros((3, 3)))

    name: ClassVar[str] = "cressie_read"
    reading: ClassVar[Reading] = Reading(interval="snips")
    needs: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        if not (0 <= self.weight_min < 1):
            raise Invalid(f"weight_min: got {self.weight_min!r}; allowed 0 to below 1", field="weight_min")
        if not self.weight_max > 1:
            raise Invalid(f"weight_max: got {self.weight_max!r}; allowed more than 1", field="weight_max")

    def add(self, logged: Partition, target: Target) -> None:
        """Add the powers `w^i r^j` of the rows of one partition."""
        rows = Rows(logged, target)
        if rows.w.shape[0] == 0:
            return
        w = rows.w if logged.keep is None else rows.w / logged.keep
        r = rows.reward
        self.power[0] += (
            float(w.shape[0] if logged.keep is None else (1 / logged.keep).sum()),
            float(r.sum()),
            inner(r, r),
        )
        wr = w * r
        self.power[1] += (float(w.sum()), float(wr.sum()), inner(wr, r))
        self.power[2] += (inner(w, w), inner(w, wr), inner(wr, wr))
        self.weight_min = min(self.weight_min, float(w.min()))
        self.weight_max = max(self.weight_max, float(w.max()))

    def merge(self, other: Self) -> None:
        """Add what another instance has seen."""
        self.power += other.power
        self.weight_min = min(self.weight_min, other.weight_min)
        self.weight_max = max(self.weight_max, other.weight_max)

    def estimate(self) -> Estimate | None:
        """The estimate with the standard error of the IPS residual `w (r - value)`."""
        (n, rewards, _), (w, wr, _), (ww, wwr, wwrr) = self.power.tolist()
        if n == 0:
            return None
        imagined = self.weight_max if w < n else self.weight_min
        if math.isinf(imagined):
            gamma, beta = -(1 + n) / n, 0.0
        else:
            mean = (imagined + w) / (1 + n)
            square = (imagined**2 + ww) / (1 + n)
            if square <= mean * mean:
                return Estimate(rewards / n, 0.0, n, n)
            gamma = (square - mean) / (mean * mean - square)
            beta = (1 - mean) / (mean * mean - square)
        missing = max(0.0, 1.0 + (gamma * w + beta * ww) / (1 + n))
        value = -(gamma * wr + beta * wwr) / (1 + n) + missing * rewards / n
        spread = max(0.0, wwrr - 2 * value * wwr + value**2 * ww)
        return Estimate(float(value), math.sqrt(spread) / n, float(n), float(w**2 / ww) if ww else 0.0)

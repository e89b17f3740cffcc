# SPDX-License-Identifier: Apache-2.0
"""What all estimators of pages share: adding, merging, answering. The value is the sum over slots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, Self

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.protocol import Estimate
from simulator.estimators.sums import RatioSums, Terms
from simulator.logs.partition import Floats
from simulator.slates.partition import SlatePartition, SlateTarget

Scope = Literal["joint", "slot", "cascade"]


@dataclass(kw_only=True)
class SumOverSlots:
    """An estimator of the form `sum_l N_l / D_l`; a concrete one says what its terms are."""

    sums: RatioSums = field(default_factory=RatioSums)

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]]

    def terms(self, logged: SlatePartition, target: SlateTarget) -> Terms:
        """What one partition adds to the sums."""
        raise NotImplementedError

    def weights(self, logged: SlatePartition, target: SlateTarget) -> Floats:
        """The weights by which the effective number of rows is judged, shape (n,)."""
        raise NotImplementedError

    def add(self, logged: SlatePartition, target: SlateTarget) -> None:
        """Add the decisions of one partition."""
        terms = self.terms(logged, target)
        self.sums.add(terms, w=self.weights(logged, target), start=logged.start, keep=logged.keep)

    def merge(self, other: Self) -> None:
        """Add what another instance has seen."""
        self.sums.merge(other.sums)

    def estimate(self) -> Estimate | None:
        """The estimate so far; None without rows or without overlap."""
        value = self.sums.value()
        if value is None:
            return None
        return Estimate(value, self.sums.variance() ** 0.5, self.sums.count, self.sums.effective_rows)


def slate_weights(name: str, scope: Scope, logged: SlatePartition, target: SlateTarget) -> Floats:
    """Importance weights of a scope, shape (n, L); 1 in slots that were not shown."""
    above, below = getattr(target.probability, scope), getattr(logged.logged, scope)
    if above is None or below is None:
        raise Invalid(f"{name}: got pages without {scope} probabilities; allowed only with", field=scope)
    ratio: Floats = np.divide(above, below)
    if ratio.ndim == 1:
        ratio = np.repeat(ratio[:, None], logged.reward.shape[1], axis=1)
    return ratio if logged.shown is None else np.where(logged.shown, ratio, 1.0)

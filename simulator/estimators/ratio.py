# SPDX-License-Identifier: Apache-2.0
"""What all estimators built on sums of terms share: adding, merging, answering, resampling."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from bandit.errors import Invalid
from simulator.estimators.protocol import Estimate
from simulator.estimators.reading import Reading
from simulator.estimators.sums import RatioSums, Terms
from simulator.logs.partition import Floats, Partition, Target, weights

Column = TypeVar("Column", bound=NDArray[np.generic])


@dataclass(frozen=True)
class Rows:
    """The rows of one partition with their importance weights `w`, shape (n,)."""

    logged: Partition
    target: Target

    @cached_property
    def w(self) -> Floats:
        return weights(self.logged, self.target)

    @property
    def reward(self) -> Floats:
        return self.logged.reward


@dataclass(kw_only=True)
class RatioOfMeans:
    """An estimator of the form `N / D + M`; a concrete one says what its terms are.

    `needs` names what it cannot do without, `reading` says how its estimate is to be read (see Estimator).
    """

    sums: RatioSums = field(default_factory=RatioSums)

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]] = frozenset()
    reading: ClassVar[Reading]

    def terms(self, rows: Rows) -> Terms:

        raise NotImplementedError

    def add(self, logged: Partition, target: Target) -> None:
        """Add the rows of one partition."""
        rows = Rows(logged, target)
        self.sums.add(self.terms(rows), w=self.weights(rows), start=logged.start, keep=logged.keep)

    def weights(self, rows: Rows) -> Floats:
        """The weights by which the effective number of rows is judged, shape (n,)."""
        return rows.w

    def merge(self, other: Self) -> None:
        """Add what another instance of equal settings has seen."""
        self.sums.merge(other.sums)

    def estimate(self) -> Estimate | None:
        """The estimate so far; None without rows or without overlap."""
        value = self.sums.value()
        if value is None:
            return None
        return Estimate(value, self.sums.variance() ** 0.5, self.sums.count, self.sums.effective_rows)


def reward_model(name: str, target: Target) -> tuple[Floats, Floats]:
    """`q(x, a)` of the shown arms and `sum_a pi(a|x) q(x, a)`; raise Invalid where they are not known."""
    if target.predicted is None or target.expected is None:
        if target.probabilities is None:
            raise Invalid(
                f"{name}: got a policy of which only the probability of the shown arm is known; allowed one "
                "with whole vectors, as a reward model speaks about every arm",
                field="policy",
            )
        raise Invalid(f"{name}: got no reward model; allowed only with one", field="reward_model")
    return target.predicted, target.expected


def need(name: str, field: str, values: Column | None) -> Column:
    """A column that the log must have; raise Invalid where it has not."""
    if values is None:
        raise Invalid(f"{name}: got a log without {field}; allowed only logs with it", field=field)
    return values

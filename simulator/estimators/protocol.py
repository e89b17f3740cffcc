# SPDX-License-Identifier: Apache-2.0
"""What an off-policy estimator is: it adds up rows, merges with its like, and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

from simulator.estimators.reading import Reading
from simulator.logs.partition import Partition, Target


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a policy is worth per decision.

    Args:
        value: the estimate.
        standard_error: of the value, from the spread of the rows.
        rows: how many rows of the log (sampled rows count for the rows they stand for).
        effective_rows: how many on-policy rows would carry the same information.
    """

    value: float
    standard_error: float
    rows: float
    effective_rows: float


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the value lies, with the confidence that was asked for."""

    low: float
    high: float


class Estimator(Protocol):
    """Streaming and mergeable: partitions in any split give the same sums up to rounding.

    `needs` names what it must have beside rewards and propensities: "reward_model", "probabilities" (the
    logger's whole vectors), "likelihood" (of arm features), "mixture" or "logger" (several loggers).
    `reading` says whose interval its estimate has and what its verdict looks at.
    """

    name: ClassVar[str]
    reading: ClassVar[Reading]

    @property
    def needs(self) -> frozenset[str]:
        """See above."""
        ...

    def add(self, logged: Partition, target: Target) -> None:
        """Add the rows of one partition; raise Invalid and change nothing when they lack what it needs."""
        ...

    def merge(self, other: Self) -> None:
        """Add what another instance of equal settings has seen."""
        ...

    def estimate(self) -> Estimate | None:
        """The estimate so far; None without rows."""
        ...

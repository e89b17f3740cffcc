# SPDX-License-Identifier: Apache-2.0
"""A confidence sequence along a log, whose pieces may be read apart: terms there, bounds in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from bandit.errors import Invalid
from simulator.evaluation.results import Trace
from simulator.intervals.confidence_sequence import ConfidenceSequence
from simulator.logs.partition import Floats, Partition, Target

# points kept for a picture, a batch
TRACE_POINTS = 100


@dataclass
class Followed:
    """What became of one sequence so far.

    Args:
        sequence: takes the terms.
        apart: whether these are rows of one piece, whose terms wait for those of the pieces before it.
        waiting: terms of batches, each with its first row.
        points: bounds after some rows: (row, low, high).
        refused: why there is no sequence, None where there is.
    """

    sequence: ConfidenceSequence
    apart: bool = False
    waiting: list[tuple[int, Floats, Floats]] = field(default_factory=list)
    points: list[tuple[int, float, float]] = field(default_factory=list)
    refused: str | None = None

    def add(self, logged: Partition, target: Target) -> None:
        """Take the next rows."""
        if self.refused is not None:
            return
        try:
            below, above = self.sequence.terms(logged, target)
        except Invalid as refusal:
            # estimates need less than sequences do: they go on
            self.refused = refusal.message
            return
        if self.apart:
            self.waiting.append((logged.start, below, above))
        else:
            self._take(logged.start, below, above)

    def merge(self, other: Self) -> None:
        """Take the rows of the next piece."""
        self.refused = self.refused or other.refused
        if self.refused is None:
            for start, below, above in other.waiting:
                self._take(start, below, above)

    def trace(self) -> Trace:
        """The points in order, none where there is no sequence."""
        return () if self.refused is not None else tuple(sorted(self.points))

    def _take(self, start: int, below: Floats, above: Floats) -> None:
        low, high = self.sequence.take(below, above)
        for i in range(len(low) - 1, -1, -max(1, len(low) // TRACE_POINTS)):
            self.points.append((start + i, float(low[i]), float(high[i])))

# SPDX-License-Identifier: Apache-2.0
"""Rows as a reader found them, before anything is believed: values may be missing, wrong or contradictory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulator.logs.finding import Finding
from simulator.logs.partition import Floats, Ints, Partition

Bools = NDArray[np.bool_]
Texts = NDArray[np.str_]

# rows in one batch: large enough for numpy, small enough that a batch of hundred arms stays below 100 MB
BATCH_ROWS = 32_768
# rows in one piece, at least: the unit that is read and reduced by itself, whoever does it
PIECE_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class Rows:
    """Consecutive rows of a log of one slot; NaN where a number is missing, -1 where an arm is unknown.

    Args:
        reward: shape (n,).
        propensity: shape (n,); None when the log holds none at all.
        action: column of the shown arm, shape (n,).
        probabilities: the logger's whole vectors, shape (n, K).
        eligible: which arms could be shown, shape (n, K); None means all.
        likelihood: probability of the shown arm's features under each arm, shape (n, K).
        context: features, shape (n, d).
        logger: which logger decided, shape (n,).
        mixture: probability of the shown arm under all loggers together, shape (n,).
        keep: probability of surviving sampling, shape (n,).
        at: time in seconds, shape (n,).
        identity: what must be unique, shape (n,).
        position: the slot, shape (n,), for tables that differ by slot.
        policies: probabilities that other policies give to the shown arm, by name, each of shape (n,).
        start: number of the first row in the log.
    """

    reward: Floats
    action: Ints
    propensity: Floats | None = None
    probabilities: Floats | None = None
    eligible: Bools | None = None
    likelihood: Floats | None = None
    context: Floats | None = None
    logger: Ints | None = None
    mixture: Floats | None = None
    keep: Floats | None = None
    at: Floats | None = None
    identity: Texts | None = None
    position: Ints | None = None
    policies: Mapping[str, Floats] = field(default_factory=dict)
    start: int = 0

    def __len__(self) -> int:
        return int(self.reward.shape[0])

    def where(self, chosen: Bools) -> Rows:
        """The same columns for some of the rows; `start` stays that of the batch."""
        return self._cut(chosen, self.start)

    def take(self, rows: slice) -> Rows:
        """The same columns for a run of rows."""
        first, _, _ = rows.indices(len(self))
        return self._cut(rows, self.start + first)

    def _cut(self, chosen: Bools | slice, start: int) -> Rows:
        cut: dict[str, Any] = {
            column.name: value[chosen]
            for column in fields(self)
            if isinstance(value := getattr(self, column.name), np.ndarray)
        }
        policies = {name: value[chosen] for name, value in self.policies.items()}
        return replace(self, **cut, policies=policies, start=start)

    def partition(self) -> Partition:
        """The rows as estimators take them; raise Invalid if a value is still out of range."""
        propensity = np.ones(len(self)) if self.propensity is None else self.propensity
        return Partition(
            reward=self.reward,
            propensity=propensity,
            action=self.action,
            probabilities=self.probabilities,
            likelihood=self.likelihood,
            context=self.context,
            logger=self.logger,
            mixture=self.mixture,
            keep=self.keep,
            start=self.start,
        )


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that could not be read at all."""

    number: int
    why: str


# starts reading a piece of a log; can be pickled, so that another process may read it
Piece = Callable[[], "Iterator[Rows]"]


@dataclass(frozen=True, slots=True)
class Log:
    """A log of one slot that can be read more than once.

    Args:
        arms: names of the arms, in the order of their columns.
        features: names of the context columns.
        batches: starts reading from the first row; yields batches in order.
        broken: lines that were left out because they could not be read.
        skipped: rows left out on purpose, with the reason as key.
        count: how many rows there are, for progress and for thinning.
        pieces: the same rows as `batches` in pieces that can be read apart; empty where the log can only be
            read as a whole.
        findings: what its reader found wrong with it.
    """

    arms: tuple[str, ...]
    features: tuple[str, ...]
    batches: Callable[[], Iterator[Rows]]
    broken: Sequence[BrokenLine] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    count: int = 0
    pieces: Sequence[Piece] = ()
    findings: Sequence[Finding] = ()


def chained(pieces: Sequence[Piece]) -> Callable[[], Iterator[Rows]]:
    """One reading of all pieces, in order."""

    def batches() -> Iterator[Rows]:
        for piece in pieces:
            yield from piece()

    return batches


def in_batches(rows: Rows, *, size: int = BATCH_ROWS) -> Iterator[Rows]:
    """Cut rows that are in memory into batches."""
    for first in range(0, len(rows), size):
        yield rows.take(slice(first, first + size))

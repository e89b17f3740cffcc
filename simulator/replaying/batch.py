# SPDX-License-Identifier: Apache-2.0
"""Rows of a log made ready for policies: vectors, eligible arms, scaled rewards, days, seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bandit.core.decide import Stage
from bandit.core.reward_steps import stepped
from simulator.logs.partition import Floats, Ints
from simulator.logs.rows import Bools, Log, Rows
from simulator.replaying.recorded import Page

Counts = NDArray[np.int16]
# the column by which a batch finds the rows that passed the log check
_ROW = "row of the batch"


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages that the rows of a batch are slots of, with what another catalogue makes of them.

    Args:
        pages: as they were logged, m of them.
        x: vectors of the requests in counts of 2^-10, shape (m, d).
        eligible: arms of the placement that may be shown on the page, shape (m, K).
        held: whether the holdout ranks the page, shape (m,).
        seeds: one a page.
    """

    pages: Sequence[Page]
    x: Counts
    eligible: Bools
    held: Bools
    seeds: list[int]


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows, each a decision of one slot among K arms of a placement.

    Args:
        rows: as the log has them; their columns are the placement's arms, then arms that it has no more.
        x: the request's vectors in counts of 2^-10, shape (n, d).
        eligible: which of the placement's arms may be shown, shape (n, K); a row without any shows nothing.
        r: scaled rewards, in [-1, 1], shape (n,).
        day: days since 1970, shape (n,).
        seeds: of policies that estimate by Monte Carlo, length n.
        held: rows that the holdout ranks uniformly, shape (n,); None where there is no holdout.
        page: which of `pages` a row is a slot of, shape (n,); None where the log has no pages.
        pages: all pages of the batch, those included of which no row is left.
    """

    rows: Rows
    x: Counts
    eligible: Bools
    r: Floats
    day: Ints
    seeds: list[int]
    held: Bools | None = None
    page: Ints | None = None
    pages: Pages | None = None

    def numbered(self) -> Batch:
        """The same, ready to be handed through the log check."""
        numbers = np.arange(len(self.rows), dtype=np.float64)
        return replace(self, rows=replace(self.rows, policies={**self.rows.policies, _ROW: numbers}))

    def kept(self, rows: Rows) -> Batch:
        """What is left when the log check has passed on `rows` of a numbered batch."""
        left = rows.policies[_ROW].astype(np.int64)
        if len(left) == len(self.rows):
            return replace(self, rows=rows)
        return Batch(
            rows,
            self.x[left],
            self.eligible[left],
            self.r[left],
            self.day[left],
            [self.seeds[i] for i in left.tolist()],
            None if self.held is None else self.held[left],
            None if self.page is None else self.page[left],
            self.pages,
        )


class Source(Protocol):
    """A log with the placement that decides on it; can be read more than once."""

    @property
    def log(self) -> Log:
        """The rows alone."""
        ...

    @property
    def stage(self) -> Stage:
        """The placement."""
        ...

    @property
    def least(self) -> float:
        """The least scaled reward that there can be, 0 where none is negative."""
        ...

    def batches(self) -> Iterator[Batch]:
        """Every row in order, those that the log check will leave out included."""
        ...


def quantised(values: Floats) -> Floats:
    """Scaled rewards within [-1, 1], as they are learned."""
    return stepped(np.clip(values, -1.0, 1.0))


def days_of(at: Floats | None, rows: int) -> Ints:
    """Days since 1970-01-01; rows without a time count as of the first day."""
    if at is None:
        return np.ones(rows, dtype=np.int64)
    return np.maximum(np.nan_to_num(at, nan=0.0) // 86_400, 1).astype(np.int64)

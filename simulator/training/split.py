# SPDX-License-Identifier: Apache-2.0
"""Cutting a log in two by time, or by rows where it has no times: learn from one part, judge on the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from bandit.errors import Invalid
from simulator.logs.check import LogCheck
from simulator.logs.partition import Floats
from simulator.logs.rows import Log, Piece, Rows
from simulator.partitioning.crew import ALONE, Crew
from simulator.partitioning.pieces import Held, over_pieces, pieces_of


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the second part begins.

    Args:
        by: "time" or "row".
        at: the first time, in seconds since 1970, or the first row of the second part.
        learning: usable rows before it.
        judging: usable rows from it on.
    """

    by: str
    at: float
    learning: int
    judging: int

    def later(self, rows: Rows) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which rows belong to the second part, shape (n,)."""
        if self.by == "time" and rows.at is not None:
            return rows.at >= self.at
        return rows.start + np.arange(len(rows)) >= self.at


@dataclass(frozen=True, slots=True)
class PartOfPiece:
    """The rows of a piece that lie on one side of a cut."""

    piece: Piece
    cut: Cut
    later: bool

    def __call__(self) -> Iterator[Rows]:
        """Read them in batches; those that keep no row are left out."""
        for rows in self.piece():
            chosen = self.cut.later(rows) == self.later
            if chosen.any():
                yield rows if chosen.all() else rows.where(chosen)


def split(log: Log, *, share: float, crew: Crew = ALONE) -> tuple[Log, Log, Cut]:
    """The first `share` of the usable rows and the rest, and where the cut is.

    Raises:
        Invalid: one of the parts would be empty.
    """
    times, rows = _times(log, crew)
    by = "time" if times is not None and np.isfinite(times).all() else "row"
    ordered = np.sort(times) if times is not None and by == "time" else np.arange(rows, dtype=np.float64)
    if not rows:
        raise Invalid("log: got no row that can be used; allowed one or more", field="log")
    at = float(ordered[min(int(share * rows), rows - 1)])
    learning = int(np.searchsorted(ordered, at))
    cut = Cut(by, at, learning, rows - learning)
    if not learning:
        raise Invalid(
            f"log: got {rows} rows of which none lies before the cut; allowed two parts", field="train_share"
        )
    return _part(log, cut, later=False), _part(log, cut, later=True), cut


def _part(log: Log, cut: Cut, *, later: bool) -> Log:
    count = cut.judging if later else cut.learning
    pieces = tuple(PartOfPiece(piece, cut, later) for piece in log.pieces)

    def batches() -> Iterator[Rows]:
        yield from PartOfPiece(log.batches, cut, later)()

    return replace(log, batches=batches, count=count, pieces=pieces)


@dataclass(frozen=True, slots=True)
class Times:
    """The work on one piece: when its rows were logged; None where one does not say."""

    def __call__(self, batches: Iterator[Rows]) -> tuple[list[Floats | None], int]:
        """Times of batches, and how many rows there are."""
        found = [(rows.at, len(rows)) for rows in batches]
        return [at for at, _ in found], sum(rows for _, rows in found)


def _times(log: Log, crew: Crew) -> tuple[Floats | None, int]:
    parts = list(over_pieces(log, Times(), check=LogCheck(arms=len(log.arms)), crew=crew))
    known = [at for several, _ in parts for at in several]
    rows = sum(count for _, count in parts)
    if any(at is None for at in known) or not known:
        return None, rows
    return np.concatenate([at for at in known if at is not None]), rows


def in_memory(log: Log, *, most: int) -> Log:
    """The usable rows of a log, evenly thinned to about `most`, ready to be read again and again."""
    step = max(1, -(-log.count // most))
    check = LogCheck(arms=len(log.arms))
    kept: list[Rows] = []
    for piece in pieces_of(log):
        for batch in piece():
            usable = check.add(batch)
            chosen = (usable.start + np.arange(len(usable))) % step == 0
            if chosen.any():
                kept.append(usable if chosen.all() else usable.where(chosen))
    held = Held(tuple(kept))
    return replace(log, batches=held, count=sum(map(len, kept)), pieces=(held,))

# SPDX-License-Identifier: Apache-2.0
"""A log in pieces of fixed size, and the log check over them: what it takes to reduce a log in any place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from simulator.logs.check import LogCheck
from simulator.logs.rows import PIECE_ROWS, Log, Piece, Rows
from simulator.partitioning.crew import ALONE, Crew

Result_co = TypeVar("Result_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Held:
    """A piece that is in memory, for logs that can only be read as a whole."""

    rows: tuple[Rows, ...]

    def __call__(self) -> Iterator[Rows]:
        """Yield its batches."""
        return iter(self.rows)


def pieces_of(log: Log) -> Iterator[Piece]:
    """The pieces of a log; they depend on the log alone, never on who works on them."""
    if log.pieces:
        yield from log.pieces
        return
    held: list[Rows] = []
    for batch in log.batches():
        held.append(batch)
        if sum(map(len, held)) >= PIECE_ROWS:
            yield Held(tuple(held))
            held = []
    if held:
        yield Held(tuple(held))


@dataclass(frozen=True, slots=True)
class Checked(Generic[Result_co]):
    """Work on the usable rows of one piece; `work` gets them batch by batch."""

    work: Callable[[Iterator[Rows]], Result_co]

    def __call__(self, given: tuple[Piece, LogCheck]) -> tuple[LogCheck, Result_co]:
        """What the check found, and the result."""
        piece, check = given
        result = self.work(check.add(batch) for batch in piece())
        return check, result


def over_pieces(
    log: Log,
    work: Callable[[Iterator[Rows]], Result_co],
    *,
    check: LogCheck,
    crew: Crew = ALONE,
    watch: Callable[[int], None] | None = None,
) -> Iterator[Result_co]:
    """Results of the pieces of a log, in order.

    Args:
        log: the rows.
        work: a pure function of the usable rows of a piece; pickled where others do it.
        check: takes up what was found in each piece before its result comes.
        crew: who does it.
        watch: told after each piece how many rows it had.
    """
    task = Checked(work)
    given = ((piece, LogCheck(arms=check.arms)) for piece in pieces_of(log))
    for (piece, _), done in crew.map(task, given):
        knowing = check.resume(done[0])
        # a piece that repeats rows of earlier ones, or goes back behind them, can only now know it
        found, result = done if knowing is None else crew.run(task, (piece, knowing))
        check.merge(found)
        if watch is not None:
            watch(found.rows)
        yield result

# SPDX-License-Identifier: Apache-2.0
"""A log in two parts: nothing is lost, nothing is in both, and the first one is earlier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.logs.rows import Log, Rows
from simulator.partitioning.pieces import Held, pieces_of
from simulator.training.split import in_memory, split


def rewards(log: Log) -> list[float]:
    """All rewards in order, read in pieces."""
    return [float(r) for piece in pieces_of(log) for rows in piece() for r in rows.reward]


def held(log: Log, **columns: object) -> Log:
    """The same rows with columns replaced, in pieces that can be read apart."""
    rows = [replace(batch, **columns) for batch in log.batches()]  # type: ignore[arg-type]
    pieces = tuple(Held((batch,)) for batch in rows)
    return Log(log.arms, log.features, lambda: iter(rows), count=log.count, pieces=pieces)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.77])
def test_parts_make_the_whole(log: Log, share: float) -> None:
    """Every row is in one part, the earlier ones in the first."""
    first, rest, cut = split(log, share=share)
    assert rewards(first) + rewards(rest) == rewards(log)
    assert (cut.by, cut.at) == ("time", 1e9 + share * 4000)
    assert (cut.learning, cut.judging) == (share * 4000, 4000 - share * 4000)


def test_times_decide_where_rows_are_not_in_order(log: Log) -> None:
    """A row that was logged late belongs to the second part, wherever it stands."""
    batches = [replace(rows, at=None if rows.at is None else -rows.at) for rows in log.batches()]
    backwards = Log(log.arms, log.features, lambda: iter(batches), count=log.count)
    first, rest, _ = split(backwards, share=0.25)
    assert rewards(rest) + rewards(first) == rewards(log)


def test_rows_decide_where_there_are_no_times(log: Log) -> None:
    """Without times the order of the log is all there is; pieces that can be read apart are cut, too."""
    timeless = held(log, at=None)
    first, rest, cut = split(timeless, share=0.5)
    assert (cut.by, cut.at) == ("row", 2000)
    assert len(first.pieces) == len(timeless.pieces)
    assert rewards(first) == rewards(log)[:2000]
    assert rewards(rest) == rewards(log)[2000:]


def test_a_log_that_cannot_be_cut(log: Log) -> None:
    """Rows of one and the same moment have no earlier part."""
    rows = next(iter(log.batches()))
    batch = replace(rows, at=np.ones(len(rows)))
    with pytest.raises(Invalid, match="none lies before the cut"):
        split(Log(log.arms, log.features, lambda: iter([batch]), count=len(rows)), share=0.5)


def test_thinned_evenly(log: Log) -> None:
    """A thinned log has every n-th usable row, and can be read again."""
    thin = in_memory(log, most=1000)
    assert thin.count == 1000
    assert rewards(thin) == rewards(thin) == rewards(log)[::4]


def test_rows_that_cannot_be_used_are_in_no_part(log: Log) -> None:
    """The cut is made by usable rows, so both parts have as many of them as was asked for."""

    def half_broken(rows: Rows) -> Rows:
        number = rows.start + np.arange(len(rows))
        return replace(rows, reward=np.where(number < 2000, np.nan, rows.reward))

    batches = [half_broken(rows) for rows in log.batches()]
    _, rest, cut = split(Log(log.arms, log.features, lambda: iter(batches), count=4000), share=0.5)
    assert (cut.learning, cut.judging) == (1000, 1000)
    assert rewards(rest) == rewards(log)[3000:]

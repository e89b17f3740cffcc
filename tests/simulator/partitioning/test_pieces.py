# SPDX-License-Identifier: Apache-2.0
"""Logs in pieces: the same rows as in one reading, the same findings, whatever the format."""

from __future__ import annotations

import pickle
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.logs.check import LogCheck
from simulator.logs.columns import Mapped
from simulator.logs.readers import Request, read_log
from simulator.logs.rows import Log, Rows
from simulator.partitioning.pieces import Held, over_pieces, pieces_of

FORMATS = ("parquet", "csv", "packed csv", "slotwise")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of 300 rows, so that pieces have several."""
    for module in ("delimited", "exported", "parquet", "rows"):
        monkeypatch.setattr(f"simulator.logs.{module}.BATCH_ROWS", 300)


def opened(files: dict[str, Path], kind: str) -> Log:
    """The log in one format."""
    return read_log(Request(files[kind], Mapped()), kind=kind.removeprefix("packed "))


def together(batches: list[Rows]) -> dict[str, Any]:
    """All rows as columns, with the numbers that they say they have."""
    whole = {
        field.name: np.concatenate([getattr(batch, field.name) for batch in batches])
        for field in fields(Rows)
        if isinstance(getattr(batches[0], field.name), np.ndarray)
    }
    return whole | {"number": np.concatenate([batch.start + np.arange(len(batch)) for batch in batches])}


@pytest.mark.parametrize("kind", FORMATS)
def test_pieces_hold_every_row_once(files: dict[str, Path], kind: str) -> None:
    """Pieces that were pickled give the rows of one reading, with their numbers, in order."""
    log = opened(files, kind)
    pieces = [pickle.loads(pickle.dumps(piece)) for piece in pieces_of(log)]  # noqa: S301 - our own bytes
    assert len(pieces) > 2
    one, other = together(list(log.batches())), together([rows for piece in pieces for rows in piece()])
    assert one["number"].tolist() == list(range(log.count)) == list(range(3000))
    for name, column in one.items():
        np.testing.assert_array_equal(column, other[name])


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_wrong_across_pieces_is_found(files: dict[str, Path], kind: str) -> None:
    """Repeats of rows in earlier pieces, and steps behind them, are found as in one reading."""
    log = opened(files, kind)
    one, pieces = LogCheck(arms=3), LogCheck(arms=3)
    for batch in log.batches():
        one.add(batch)
    used = list(over_pieces(log, lambda batches: sum(map(len, batches)), check=pieces))
    assert {finding.name: finding.count for finding in one.findings()} == {
        "propensity outside (0, 1]": 1,
        "duplicate row": 2,
        "time goes backwards": 1,
    } | ({"propensity differs from its vector": 1})
    assert [(f.name, f.count, f.example) for f in pieces.findings()] == [
        (f.name, f.count, f.example) for f in one.findings()
    ]
    assert (sum(used), pieces.used, pieces.rows) == (2997, 2997, 3000)


def test_a_log_that_cannot_be_cut_is_held(files: dict[str, Path]) -> None:
    """A packed file is read by this process, whose rows others work on."""
    pieces = list(pieces_of(opened(files, "packed csv")))
    assert all(isinstance(piece, Held) for piece in pieces)
    assert [sum(map(len, piece())) for piece in pieces] == [1200, 1200, 600]


def test_row_groups_stay_whole(files: dict[str, Path]) -> None:
    """Pieces of a Parquet file are runs of row groups, as few as hold enough rows."""
    pieces = pieces_of(opened(files, "parquet"))
    assert [sum(map(len, piece())) for piece in pieces] == [1200, 1200, 600]

# SPDX-License-Identifier: Apache-2.0
"""The Open Bandit Dataset's CSV files (Saito, Aihara, Matsutani & Narita 2020)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bandit.errors import Invalid
from simulator.logs.columns import Mapped
from simulator.logs.delimited import read_delimited
from simulator.logs.partition import Ints
from simulator.logs.rows import Log, Piece, Rows, chained

MAPPED = Mapped(
    action="item_id",
    reward="click",
    propensity="propensity_score",
    at="timestamp",
    position="position",
    context="user_feature_*",
    probabilities="no whole vectors",
    policies="pi_*",
)


def read_open_bandit(path: Path) -> Log:
    """Open a campaign's file, or a folder that holds one; the slot counts from 0 and joins the context."""
    if path.is_dir():
        found = sorted(file for file in path.glob("*.csv") if file.name != "item_context.csv")
        if len(found) != 1:
            raise Invalid(f"log: got {len(found)} CSV files in {path.name}; allowed 1", field="log")
        path = found[0]
    log = read_delimited(path, mapped=MAPPED)
    slots = np.unique(np.concatenate([_positions(rows) for rows in log.batches()]))
    pieces = tuple(Placed(piece, slots) for piece in log.pieces or (log.batches,))
    names = tuple(f"position={slot}" for slot in slots)
    return Log(
        log.arms,
        log.features + names,
        chained(pieces),
        log.broken,
        count=log.count,
        pieces=pieces if log.pieces else (),
        findings=log.findings,
    )


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece whose slots count from 0 and join the features."""

    piece: Piece
    slots: Ints

    def __call__(self) -> Iterator[Rows]:
        """Read it in batches."""
        for rows in self.piece():
            rank = np.searchsorted(self.slots, _positions(rows))
            levels = (rank[:, None] == np.arange(self.slots.shape[0])).astype(np.float64)
            context = levels if rows.context is None else np.concatenate([rows.context, levels], axis=1)
            yield replace(rows, context=context, position=rank)


def _positions(rows: Rows) -> Ints:
    if rows.position is None:
        raise Invalid("log: got no column 'position'; allowed files of the Open Bandit Dataset", field="log")
    return rows.position

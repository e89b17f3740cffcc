# SPDX-License-Identifier: Apache-2.0
"""Features of arms from a table, for estimators that weigh what was shown by its features, not its name."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bandit.errors import Invalid
from simulator.logs.dialect import open_text
from simulator.logs.rows import Log, Piece, Rows

ARM = "arm"


@dataclass(frozen=True, slots=True)
class FeaturedPiece:
    """A piece whose rows know which arms have the features of the shown one.

    Args:
        piece: the rows.
        groups: number of each arm's features, in the order of the log's arms.
    """

    piece: Piece
    groups: tuple[int, ...]

    def __call__(self) -> Iterator[Rows]:
        """Read it in batches."""
        groups = np.array(self.groups)
        for rows in self.piece():
            # an unknown arm is found by the log check; until then any group will do
            shown = groups[np.maximum(rows.action, 0)]
            yield replace(rows, likelihood=(shown[:, None] == groups[None, :]).astype(np.float64))


def with_arm_features(log: Log, text: str, *, arm_column: str = ARM) -> Log:
    """A log whose rows know which arms have the features of the shown one: all of the named columns alike.

    Args:
        log: the rows.
        text: `FILE` or `FILE:column,column`: a CSV file with a row an arm, and which columns are its features
            (all but the arm's by default).
        arm_column: the column of the arm's name where there is none called `arm`.

    Raises:
        Invalid: no table, a column that it lacks, an arm twice, or an arm of the log that it lacks.
    """
    path, wanted = _parsed(text)
    known = _read(path, wanted, arm_column)
    missing = [arm for arm in log.arms if arm not in known]
    if missing:
        raise Invalid(
            f"arm features: got no row for {', '.join(missing[:5])}; allowed one for every arm of the log",
            field="arm_features",
        )
    kinds = {features: i for i, features in enumerate(sorted({known[arm] for arm in log.arms}))}
    groups = tuple(kinds[known[arm]] for arm in log.arms)
    return replace(
        log,
        batches=FeaturedPiece(log.batches, groups),
        pieces=tuple(FeaturedPiece(piece, groups) for piece in log.pieces),
    )


def _parsed(text: str) -> tuple[Path, Sequence[str]]:
    whole = Path(text)
    if whole.is_file():
        return whole, ()
    name, _, columns = text.rpartition(":")
    path = Path(name or text)
    if not path.is_file():
        raise Invalid(f"arm features: got {path}, which is no file", field="arm_features")
    return path, tuple(filter(None, columns.split(",")))


def _read(path: Path, wanted: Sequence[str], arm_column: str) -> dict[str, tuple[str, ...]]:
    with open_text(path) as file:
        reader = csv.DictReader(file)
        header = [name for name in reader.fieldnames or () if name]
        arm = ARM if ARM in header else arm_column
        columns = list(wanted) or [name for name in header if name != arm]
        for name in (arm, *columns):
            if name not in header:
                raise Invalid(
                    f"arm features: got no column {name!r}; {path.name} has {', '.join(header[:12])}",
                    field="arm_features",
                )
        if not columns:
            raise Invalid(
                f"arm features: got no features in {path.name}; allowed one or more", field="arm_features"
            )
        known: dict[str, tuple[str, ...]] = {}
        for row in reader:
            if row[arm] in known:
                raise Invalid(f"arm features: got arm {row[arm]!r} twice; allowed once", field="arm_features")
            known[row[arm]] = tuple(str(row[name]) for name in columns)
    return known

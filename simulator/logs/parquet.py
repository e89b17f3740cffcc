# SPDX-License-Identifier: Apache-2.0
"""Logs in Parquet files, read row group by row group so that memory stays bounded. Needs pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bandit.errors import Invalid
from simulator.logs.columns import Layout, Mapped, codes, feature_names, in_order, seconds
from simulator.logs.partition import Floats, Ints
from simulator.logs.rows import BATCH_ROWS, PIECE_ROWS, Log, Rows, chained

FEWEST_PIECES, LONGEST_ROWS = 4, 262_144


def read_parquet(path: Path, *, mapped: Mapped | None = None) -> Log:
    """Open a Parquet log with the same column mapping as CSV.

    Whole vectors, features and policies may also be list columns: `p`, `x` and one `pi` a policy are then
    matched by name, and arms are numbered.

    Raises:
        Invalid: the file is damaged, has no rows, or lacks a column.
    """
    mapped = mapped or Mapped()
    file = _open(path)
    schema = file.schema_arrow
    layout = Layout.of(schema.names, mapped)
    if file.metadata.num_rows == 0:
        raise Invalid(f"log: got no rows in {path.name}; allowed one row or more", field="log")
    lists = {name for name in schema.names if pa.types.is_fixed_size_list(schema.field(name).type)}
    arms = _arms(file, layout, lists)
    arm_codes = {name: i for i, name in enumerate(arms)}
    loggers = _distinct(file, layout.single["logger"]) if "logger" in layout.single else set()
    logger_codes = {name: i for i, name in enumerate(in_order(loggers))}
    levels = {
        column: {level: i for i, level in enumerate(sorted(_distinct(file, column)))}
        for column in layout.context
        if pa.types.is_string(schema.field(column).type) or pa.types.is_dictionary(schema.field(column).type)
    }
    columns = Columns(layout, arm_codes, levels, logger_codes, frozenset(lists))
    pieces = tuple(
        ParquetPiece(path, groups, start, columns) for groups, start in _piece_groups(file.metadata)
    )
    names = feature_names(layout, levels)
    return Log(arms, names, chained(pieces), count=file.metadata.num_rows, pieces=pieces)


@dataclass(frozen=True, slots=True)
class Columns:
    """How columns become rows: where they go, the numbers of names, and which of them hold lists."""

    layout: Layout
    arms: Mapping[str, int]
    levels: Mapping[str, Mapping[str, int]]
    loggers: Mapping[str, int]
    lists: frozenset[str]

    @property
    def used(self) -> list[str]:
        """Those that have to be read."""
        layout = self.layout
        return [
            *layout.single.values(),
            *layout.vectors.values(),
            *layout.context,
            *layout.policies.values(),
        ]

    def rows(self, batch: pa.RecordBatch, start: int) -> Rows:
        """A batch as rows, the first of which is row `start`."""
        layout = self.layout
        single = {name: batch.column(column) for name, column in layout.single.items()}
        return Rows(
            reward=_floats(single["reward"]),
            action=_arm_columns(single["action"], self.arms),
            propensity=_floats(single["propensity"]) if "propensity" in single else None,
            probabilities=_vectors(batch, layout, self.arms, self.lists),
            context=_context(batch, layout, self.levels, self.lists),
            logger=_arm_columns(single["logger"], self.loggers) if "logger" in single else None,
            mixture=_floats(single["mixture"]) if "mixture" in single else None,
            keep=_floats(single["keep"]) if "keep" in single else None,
            at=_times(single["at"]) if "at" in single else None,
            identity=_texts(single["identity"]) if "identity" in single else None,
            position=_floats(single["position"]).astype(np.int64) if "position" in single else None,
            policies={name: _floats(batch.column(column)) for name, column in layout.policies.items()},
            start=start,
        )


@dataclass(frozen=True, slots=True)
class ParquetPiece:
    """Some row groups one after the other, the first of which begins with row `start`."""

    path: Path
    groups: Sequence[int]
    start: int
    columns: Columns

    def __call__(self) -> Iterator[Rows]:
        """Read it in batches."""
        start = self.start
        for batch in _read(_open(self.path), self.columns.used, self.groups):
            yield self.columns.rows(batch, start)
            start += batch.num_rows


def _piece_groups(metadata: pq.FileMetaData) -> Iterator[tuple[tuple[int, ...], int]]:
    """Whole row groups in runs of some rows, each run with the number of its first row.

    Parquet is read so fast that what is handed over of every piece counts: a long log has long pieces.
    """
    wanted = min(max(metadata.num_rows // FEWEST_PIECES, PIECE_ROWS), LONGEST_ROWS)
    groups: list[int] = []
    start = rows = 0
    for i in range(metadata.num_row_groups):
        groups.append(i)
        rows += metadata.row_group(i).num_rows
        if rows >= wanted:
            yield tuple(groups), start
            start, rows, groups = start + rows, 0, []
    if rows:
        yield tuple(groups), start


def _open(path: Path) -> pq.ParquetFile:
    try:
        # without this the buffers of all row groups are read ahead
        return pq.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowInvalid, OSError) as error:
        why = str(error).splitlines()[0]
        raise Invalid(f"log: got {path.name}, which is no whole Parquet file ({why})", field="log") from None


def _read(
    file: pq.ParquetFile, columns: list[str], groups: Sequence[int] | None = None
) -> Iterator[pa.RecordBatch]:
    try:
        yield from file.iter_batches(batch_size=BATCH_ROWS, columns=columns, row_groups=groups)
    except (pa.ArrowInvalid, OSError) as error:
        why = str(error).splitlines()[0]
        raise Invalid(f"log: got a damaged Parquet file ({why})", field="log") from None


def _arms(file: pq.ParquetFile, layout: Layout, lists: set[str]) -> tuple[str, ...]:
    wide = [column for column in layout.vectors.values() if column in lists]
    if wide:
        size = file.schema_arrow.field(wide[0]).type.list_size
        return tuple(str(i) for i in range(size))
    return in_order(_distinct(file, layout.single["action"]) | set(layout.vectors))


def _distinct(file: pq.ParquetFile, column: str) -> set[str]:
    found: set[str] = set()
    for batch in _read(file, [column]):
        found |= {str(value) for value in pc.unique(batch.column(0)).to_pylist() if value is not None}
    return found


def _floats(column: pa.Array) -> Floats:
    values: Floats = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    return values


def _texts(column: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    return np.array(["" if value is None else str(value) for value in column.to_pylist()], dtype=np.str_)


def _arm_columns(column: pa.Array, known: Mapping[str, int]) -> Ints:
    if pa.types.is_integer(column.type):
        values = column.to_numpy(zero_copy_only=False)
        distinct, where = np.unique(values, return_inverse=True)
        return codes([str(value) for value in distinct.tolist()], known)[where]
    encoded = pc.dictionary_encode(column)
    table = codes([str(value) for value in encoded.dictionary.to_pylist()], known)
    places = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return np.where(places >= 0, table[places], -1)


def _times(column: pa.Array) -> Floats:
    if pa.types.is_timestamp(column.type):
        since: Floats = pc.cast(pc.cast(column, pa.timestamp("us")), pa.int64()).to_numpy(
            zero_copy_only=False
        )
        return since / 1e6
    if pa.types.is_string(column.type):
        return np.array([seconds(text) for text in column.to_pylist()])
    return _floats(column)


def _wide(column: pa.Array) -> Floats:
    flat = _floats(column.flatten())
    return flat.reshape(len(column), -1)


def _vectors(
    batch: pa.RecordBatch, layout: Layout, arms: Mapping[str, int], lists: Set[str]
) -> Floats | None:
    if not layout.vectors:
        return None
    for column in layout.vectors.values():
        if column in lists:
            return _wide(batch.column(column))
    whole = np.zeros((batch.num_rows, len(arms)))
    for arm, column in layout.vectors.items():
        whole[:, arms[arm]] = _floats(batch.column(column))
    return whole


def _context(
    batch: pa.RecordBatch, layout: Layout, levels: Mapping[str, Mapping[str, int]], lists: Set[str]
) -> Floats | None:
    parts: list[Floats] = []
    for name in layout.context:
        column = batch.column(name)
        if name in lists:
            parts.append(_wide(column))
        elif name in levels:
            code = _arm_columns(column, levels[name])
            parts.append((code[:, None] == np.arange(len(levels[name]))).astype(np.float64))
        else:
            value = _floats(column)
            missing = ~np.isfinite(value)
            parts.append(np.stack([np.where(missing, 0.0, value), missing.astype(np.float64)], axis=1))
    return np.concatenate(parts, axis=1) if parts else None

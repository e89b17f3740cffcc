# SPDX-License-Identifier: Apache-2.0
"""From what is known about a request to its feature vector: exact multiples of 2^-10 within [-4, 4].

Quantised features and rewards make every product a multiple of 2^-20, so that float64 sums of them are exact
and the order of learning leaves no trace.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from bandit.core.rules import Scalar
from bandit.core.schema import FeatureSchema, FieldSpec, resolve

UNIT = 2.0**-10
LIMIT = 4.0
_ONE = round(1 / UNIT)
_BOUND = round(LIMIT / UNIT)

Cell = tuple[int, int]
"""A column and what is added to it, in counts of `UNIT`."""


def quantise(value: float) -> int:
    """Counts of 2^-10, clipped to the limit; ties go to the even count."""
    return round(min(max(value, -LIMIT), LIMIT) / UNIT)


def level_of(value: Scalar) -> str:
    """A value as the level of a category, written as in JSON: true, 7, 7.5, phone."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(float(value)).removesuffix(".0")


@lru_cache(maxsize=65_536)
def hashed(name: str, level: str, dimension: int) -> Cell:
    """The column and sign of a level of a field (feature hashing, Weinberger et al. 2009), on any machine."""
    digest = hashlib.blake2b(f"{name}={level}".encode(), digest_size=8, person=b"slotwise-feature").digest()
    number = int.from_bytes(digest, "little")
    return 1 + number % (dimension - 1), _ONE if number >> 63 else -_ONE


def _squash(value: float) -> float:
    """A number without a declared range on a scale like a logarithm: odd, about value/2 near 0, 4 at 1490."""
    return math.asinh(value) / 2


def _scaled(value: float, spec: FieldSpec) -> float:
    """A number on [-1, 1] by its declared range, clipped to it."""
    low, high = spec.range
    return 2 * (min(max(value, low), high) - low) / (high - low) - 1


class Encoder:
    """Makes a placement's vectors.

    Args:
        schema: of the placement, resolved.
        declared: the fields of its adapters, by full name; when hashing they scale numbers and name what is
            missing.
    """

    def __init__(self, schema: FeatureSchema, declared: Mapping[str, FieldSpec]) -> None:
        self.dimension = schema.length
        self._hashed = not schema.fields
        self._specs: dict[str, FieldSpec] = dict(declared)
        self._first: dict[str, int] = {}
        self._missing: dict[str, Cell] = {}
        if self._hashed:
            self._missing = {name: hashed(name, "?", self.dimension) for name in declared}
        else:
            self._specs = {name: spec for name, spec in schema.fields.items() if spec is not None}
            widths = [spec.width for spec in self._specs.values()]
            self._first = dict(zip(self._specs, accumulate(widths, initial=1), strict=False))

    def knows(self, name: str) -> bool:
        """Whether a field is declared, by the placement or by one of its adapters, and so may be logged."""
        return name in self._specs

    def cells(self, known: Mapping[str, Scalar]) -> Iterator[Cell]:
        """What the known fields add to which columns; the constant first column is not among them."""
        return self._hashed_cells(known) if self._hashed else self._own_cells(known)

    def sketch(self, fields: Mapping[str, Scalar]) -> NDArray[np.int64]:
        """Fields hashed into one row of counts, shape (d,), without the constant and what is missing."""
        row = np.zeros(self.dimension, dtype=np.int64)
        for column, count in self._hash_all(fields):
            row[column] += count
        return row

    def _hashed_cells(self, known: Mapping[str, Scalar]) -> Iterator[Cell]:
        yield from self._hash_all(known)
        for name, cell in self._missing.items():
            if name not in known:
                yield cell

    def _hash_all(self, known: Mapping[str, Scalar]) -> Iterator[Cell]:
        dimension = self.dimension
        for name, value in known.items():
            if isinstance(value, float):
                column, one = hashed(name, "#", dimension)
                spec = self._specs.get(name)
                yield column, quantise(_scaled(value, spec) if spec else _squash(value)) * (one // _ONE)
            else:
                yield hashed(name, level_of(value), dimension)

    def _own_cells(self, known: Mapping[str, Scalar]) -> Iterator[Cell]:
        for name, spec in self._specs.items():
            yield _own_cell(known.get(name), spec, first=self._first[name])

    def encode(self, known: Sequence[Mapping[str, Scalar]]) -> NDArray[np.int16]:
        """One row a request, in counts of 2^-10: shape (B, d)."""
        rows = []
        for fields in known:
            row = [0] * self.dimension
            row[0] = _ONE
            for column, count in self.cells(fields):
                row[column] += count
            rows.append(row)
        counts = np.array(rows, dtype=np.int64).reshape(len(rows), self.dimension)
        return np.clip(counts, -_BOUND, _BOUND, out=counts).astype("<i2")


def _own_cell(value: Scalar | None, spec: FieldSpec, *, first: int) -> Cell:
    """The cell of a declared field: what is not known, or is no number where one is declared, has its own."""
    if spec.kind == "number":
        if isinstance(value, float):
            return first, quantise(_scaled(value, spec))
        return first + 1, _ONE
    if value is None:
        return first + len(spec.levels) + 1, _ONE
    level = level_of(value)
    return first + (spec.levels.index(level) if level in spec.levels else len(spec.levels)), _ONE


def vector(data: bytes, *, dimension: int) -> NDArray[np.float64]:
    """Rows of feature vectors as they stand in events: shape (rows, d)."""
    return np.asarray(np.frombuffer(data, dtype="<i2").reshape(-1, dimension) * UNIT, dtype=np.float64)


__all__ = ["LIMIT", "UNIT", "Encoder", "hashed", "level_of", "quantise", "resolve", "vector"]

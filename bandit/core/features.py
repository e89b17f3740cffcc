# SPDX-License-Identifier: Apache-2.0
"""From what is known about a request to its feature vector: exact multiples of 2^-10 within [-4, 4].

Quantised features and rewards make every product a multiple of 2^-20, so that float64 sums of them are exact
and the order of learning leaves no trace.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from bandit.core.schema import FeatureSchema, FieldSpec, resolve
from bandit.core.values import Scalar, Value, level_of, number_of

UNIT = 2.0**-10
LIMIT = 4.0
_ONE = round(1 / UNIT)
_BOUND = round(LIMIT / UNIT)
_REMEMBERED = 16_384
_STORED = np.dtype("<i2")

Cell = tuple[int, int]
"""A column and what is added to it, in counts of `UNIT`."""


def quantise(value: float) -> int:
    """Counts of 2^-10, clipped to the limit; ties go to the even count."""
    return round(min(max(value, -LIMIT), LIMIT) / UNIT)


@lru_cache(maxsize=_REMEMBERED)
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
        # Most values come again and again. Typed, because true and 1 are equal keys but different levels.
        self._cell = lru_cache(maxsize=_REMEMBERED, typed=True)(self._hash if self._hashed else self._own)

    @property
    def names(self) -> Collection[str]:
        """The fields that the placement or one of its adapters declares."""
        return self._specs.keys()

    def declared(self, known: Mapping[str, Value]) -> dict[str, Value]:
        """What of it the placement or one of its adapters declares, and so may be logged."""
        specs = self._specs
        return {name: value for name, value in known.items() if name in specs}

    def cells(self, known: Mapping[str, Value]) -> list[Cell]:
        """What the known fields add to which columns; the constant first column is not among them."""
        if not self._hashed:
            return self._cells([(name, known.get(name)) for name in self._specs])
        missing = [at for name, at in self._missing.items() if name not in known]
        return self._cells(known.items()) + missing

    def cells_by_field(self, known: Mapping[str, Value]) -> list[tuple[str, Cell]]:
        """The same, each with the name of its field; for explaining, it is slower."""
        named = known.items() if self._hashed else [(name, known.get(name)) for name in self._specs]
        found = [(name, cell) for name, value in named for cell in self._cells([(name, value)])]
        return found + [(name, at) for name, at in self._missing.items() if name not in known]

    def _cells(self, named: Iterable[tuple[str, Value | None]]) -> list[Cell]:
        cell, found = self._cell, []
        for name, value in named:
            if type(value) is tuple:
                found += self._cells_of_list(name, value)
            else:
                found.append(cell(name, value))
        return found

    def _cells_of_list(self, name: str, levels: tuple[str, ...]) -> list[Cell]:
        if self._hashed:
            return [hashed(name, level, self.dimension) for level in levels]
        spec, first = self._specs[name], self._first[name]
        if spec.multiple:
            return [(first + column, _ONE) for column in sorted({_column(level, spec) for level in levels})]
        if len(levels) > 1 and spec.kind == "category":  # more than it can be: no level of its own
            return [(first + len(spec.levels), _ONE)]
        return [self._cell(name, levels[0] if len(levels) == 1 else None)]

    def sketch(self, fields: Mapping[str, Scalar]) -> NDArray[np.int64]:
        """Fields hashed into one row of counts, shape (d,), without the constant and what is missing."""
        row = np.zeros(self.dimension, dtype=np.int64)
        for name, value in fields.items():
            column, count = self._hash(name, value)
            row[column] += count
        return row

    def _hash(self, name: str, value: Scalar) -> Cell:
        if not isinstance(value, float):
            return hashed(name, level_of(value), self.dimension)
        column, one = hashed(name, "#", self.dimension)
        spec = self._specs.get(name)
        return column, quantise(_scaled(value, spec) if spec else _squash(value)) * (one // _ONE)

    def _own(self, name: str, value: Scalar | None) -> Cell:
        return _own_cell(value, self._specs[name], first=self._first[name])

    def encode(self, known: Sequence[Mapping[str, Value]]) -> NDArray[np.int16]:
        """One row a request, in counts of 2^-10: shape (B, d)."""
        rows = []
        for fields in known:
            row = [0] * self.dimension
            row[0] = _ONE
            for column, count in self.cells(fields):
                row[column] += count
            rows.append(row)
        counts = np.array(rows, dtype=np.int64).reshape(len(rows), self.dimension)
        # The two ufuncs by themselves: np.clip costs as much as all the rest for a handful of requests.
        np.minimum(np.maximum(counts, -_BOUND, out=counts), _BOUND, out=counts)
        return counts.astype(_STORED)


def _own_cell(value: Scalar | None, spec: FieldSpec, *, first: int) -> Cell:
    """The cell of a declared field: what is not known, or is no number where one is declared, has its own."""
    if spec.kind == "number":
        number = None if value is None else number_of(value)
        return (first + 1, _ONE) if number is None else (first, quantise(_scaled(number, spec)))
    if value is None:
        return first + len(spec.levels) + 1, _ONE
    return first + _column(level_of(value), spec), _ONE


def _column(level: str, spec: FieldSpec) -> int:
    """Which of a category's columns a level fills; those that are not declared share one."""
    return spec.levels.index(level) if level in spec.levels else len(spec.levels)


def read_numbers(known: dict[str, Value], fields: Mapping[str, FieldSpec | None]) -> None:
    """Write numbers in the place of the texts that spell them, where a number is declared."""
    for name, value in known.items():
        if isinstance(value, (str, tuple)) and (spec := fields.get(name)) and spec.kind == "number":
            number = number_of(value)
            known[name] = value if number is None else number


def vector(data: bytes, *, dimension: int) -> NDArray[np.float64]:
    """Rows of feature vectors as they stand in events: shape (rows, d)."""
    return np.multiply(np.frombuffer(data, dtype=_STORED).reshape(-1, dimension), UNIT, dtype=np.float64)


__all__ = ["LIMIT", "UNIT", "Encoder", "hashed", "level_of", "quantise", "read_numbers", "resolve", "vector"]

# SPDX-License-Identifier: Apache-2.0
"""From what is known about a request to its feature vector: exact multiples of 2^-10 within [-4, 4].

Quantised features and rewards make every product a multiple of 2^-20, so that float64 sums of them are exact
and the order of learning leaves no trace.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
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
_REMEMBERED = 16_384
_STORED = np.dtype("<i2")

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

    def declared(self, known: Mapping[str, Scalar]) -> dict[str, Scalar]:
        """What of it the placement or one of its adapters declares, and so may be logged."""
        specs = self._specs
        return {name: value for name, value in known.items() if name in specs}

    def cells(self, known: Mapping[str, Scalar]) -> list[Cell]:
        """What the known fields add to which columns; the constant first column is not among them."""
        cell = self._cell
        if not self._hashed:
            return [cell(name, known.get(name)) for name in self._specs]
        missing = [at for name, at in self._missing.items() if name not in known]
        return [cell(name, value) for name, value in known.items()] + missing

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
        # The two ufuncs by themselves: np.clip costs as much as all the rest for a handful of requests.
        np.minimum(np.maximum(counts, -_BOUND, out=counts), _BOUND, out=counts)
        return counts.astype(_STORED)


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
    return np.multiply(np.frombuffer(data, dtype=_STORED).reshape(-1, dimension), UNIT, dtype=np.float64)


__all__ = ["LIMIT", "UNIT", "Encoder", "hashed", "level_of", "quantise", "resolve", "vector"]

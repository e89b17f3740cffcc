# SPDX-License-Identifier: Apache-2.0
"""From what is known about a request to its feature vector: exact multiples of 2^-10 within [-4, 4].

Quantised features and rewards make every product a multiple of 2^-20, so that float64 sums of them are exact and the
order of learning leaves no trace.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from bandit.core.decoding import shorten
from bandit.core.rules import Scalar
from bandit.core.schema import MAX_DIMENSION, FeatureSchema, FieldSpec
from bandit.errors import Invalid

UNIT = 2.0**-10
LIMIT = 4.0
MAX_FIELDS = 256
MAX_TEXT = 256
MAX_NUMBER = 1e18
_MAX_DEPTH = 4

Cell = tuple[int, int]
"""A column and what is added to it, in counts of `UNIT`."""


def quantise(value: float) -> int:
    """Counts of 2^-10, clipped to the limit; ties go to the even count."""
    return round(min(max(value, -LIMIT), LIMIT) / UNIT)


def flatten(context: Mapping[str, object], *, without: frozenset[str] = frozenset()) -> dict[str, Scalar]:
    """Turn a caller's nested context into fields with dotted names; a list of strings becomes one field each.

    Args:
        context: plain JSON values.
        without: top-level names to leave out (raw input of adapters).

    Raises:
        Invalid: too many fields, too deep, too long, a number out of range, or a list of something else.
    """
    fields: dict[str, Scalar] = {}
    for name, value in context.items():
        if name not in without:
            _flatten_into(fields, name, value, depth=1)
    return fields


def _flatten_into(fields: dict[str, Scalar], name: str, value: object, *, depth: int) -> None:
    if value is None:
        return
    if isinstance(value, dict):
        if depth >= _MAX_DEPTH:
            raise _refused(name, f"got objects nested deeper; allowed {_MAX_DEPTH} levels")
        for key, inner in value.items():
            _flatten_into(fields, f"{name}.{key}", inner, depth=depth + 1)
        return
    if isinstance(value, list):
        for each in value:
            if not isinstance(each, str):
                raise _refused(name, f"got a list with {shorten(each)}; allowed lists of strings")
            _keep(fields, f"{name}.{each}", True)
        return
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise _refused(name, f"got {len(value)} characters; allowed at most {MAX_TEXT}")
        _keep(fields, name, value)
    elif isinstance(value, bool):
        _keep(fields, name, value)
    elif isinstance(value, (int, float)):
        if not abs(value) <= MAX_NUMBER:
            raise _refused(name, f"got {shorten(value)}; allowed numbers of at most {MAX_NUMBER:g} in size")
        _keep(fields, name, float(value))
    else:
        raise _refused(
            name, f"got {shorten(value)}; allowed strings, numbers, true, false, lists of strings, objects"
        )


def _keep(fields: dict[str, Scalar], name: str, value: Scalar) -> None:
    if len(name) > MAX_TEXT:
        raise _refused(name[:40] + "...", f"got a name of {len(name)} characters; allowed at most {MAX_TEXT}")
    fields[name] = value
    if len(fields) > MAX_FIELDS:
        raise Invalid(
            f"context: got more than {MAX_FIELDS} fields; allowed at most {MAX_FIELDS}", field="context"
        )


def _refused(name: str, problem: str) -> Invalid:
    return Invalid(f"context.{name}: {problem}", field=f"context.{name}")


@lru_cache(maxsize=65_536)
def hashed(name: str, level: str, dimension: int) -> Cell:
    """The column and sign of a level of a field (feature hashing, Weinberger et al. 2009): the same on every machine."""
    digest = hashlib.blake2b(f"{name}={level}".encode(), digest_size=8, person=b"slotwise-feature").digest()
    number = int.from_bytes(digest, "little")
    sign = 1 if number >> 63 else -1
    return 1 + number % (dimension - 1), sign * round(1 / UNIT)


def _squash(value: float) -> float:
    """A number without a declared range on a scale like a logarithm: odd, about value/2 near 0, 4 at 1490."""
    return math.asinh(value) / 2


def _scaled(value: float, spec: FieldSpec) -> float:
    """A number on [-1, 1] by its declared range, clipped to it."""
    low, high = spec.range
    return 2 * (min(max(value, low), high) - low) / (high - low) - 1


def resolve(schema: FeatureSchema, declared: Mapping[str, FieldSpec]) -> FeatureSchema:
    """Write the adapters' declarations into a schema that names their fields, so that it stands on its own.

    Raises:
        Invalid: it names a field, without saying what it is, that no adapter of the placement declares.
    """
    fields = {name: given or declared.get(name) for name, given in schema.fields.items()}
    for name, spec in fields.items():
        if spec is None:
            known = ", ".join(sorted(declared)) or "none"
            raise Invalid(
                f"features.fields.{name}: got null; allowed null only for fields of the placement's adapters: {known}",
                field=f"features.fields.{name}",
            )
    if (length := FeatureSchema(fields=fields).length) > MAX_DIMENSION:
        raise Invalid(
            f"features.fields: got {length} columns; allowed at most {MAX_DIMENSION}", field="features.fields"
        )
    return replace(schema, fields=fields)


class Encoder:
    """Makes a placement's vectors.

    Args:
        schema: of the placement, resolved.
        declared: the fields of its adapters, by full name; they scale numbers and name what is missing when hashing.
    """

    def __init__(self, schema: FeatureSchema, declared: Mapping[str, FieldSpec]) -> None:
        self.dimension = schema.length
        self._hashed = not schema.fields
        self._specs: dict[str, FieldSpec] = dict(declared)
        self._first: dict[str, int] = {}
        if not self._hashed:
            self._specs = {name: spec for name, spec in schema.fields.items() if spec is not None}
            widths = [spec.width for spec in self._specs.values()]
            self._first = dict(zip(self._specs, accumulate(widths, initial=1), strict=False))

    def knows(self, name: str) -> bool:
        """Whether a field is declared, by the placement or by one of its adapters, and so may stand in the log."""
        return name in self._specs

    def cells(self, known: Mapping[str, Scalar]) -> list[Cell]:
        """What the known fields add to which columns; the constant first column is not among them."""
        if self._hashed:
            return self._hashed_cells(known)
        return [
            _own_column(known.get(name), spec, first=self._first[name]) for name, spec in self._specs.items()
        ]

    def _hashed_cells(self, known: Mapping[str, Scalar]) -> list[Cell]:
        cells: list[Cell] = []
        for name, value in known.items():
            if isinstance(value, float):
                column, sign = hashed(name, "#", self.dimension)
                spec = self._specs.get(name)
                scaled = _scaled(value, spec) if spec else _squash(value)
                cells.append((column, quantise(scaled) * (1 if sign > 0 else -1)))
            else:
                cells.append(hashed(name, str(value), self.dimension))
        for name in self._specs:
            if name not in known:
                cells.append(hashed(name, "?", self.dimension))
        return cells

    def encode(self, known: Sequence[Mapping[str, Scalar]]) -> NDArray[np.int16]:
        """One row a request, in counts of 2^-10: shape (B, d)."""
        counts = np.zeros((len(known), self.dimension), dtype=np.int64)
        counts[:, 0] = round(1 / UNIT)
        for row, fields in enumerate(known):
            for column, count in self.cells(fields):
                counts[row, column] += count
        bound = round(LIMIT / UNIT)
        return np.clip(counts, -bound, bound).astype("<i2")


def _own_column(value: Scalar | None, spec: FieldSpec, *, first: int) -> Cell:
    one = round(1 / UNIT)
    if spec.kind == "number":
        if isinstance(value, float):
            return first, quantise(_scaled(value, spec))
        return first + 1, one
    if value is None:
        return first + len(spec.levels) + 1, one
    try:
        return first + spec.levels.index(str(value)), one
    except ValueError:
        return first + len(spec.levels), one


def vector(data: bytes, *, dimension: int) -> NDArray[np.float64]:
    """Rows of feature vectors as they stand in events: shape (rows, d)."""
    return np.frombuffer(data, dtype="<i2").reshape(-1, dimension) * UNIT

# SPDX-License-Identifier: Apache-2.0
"""Requests that have most of their context in common, and an encoder that goes through that part once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeGuard

import numpy as np
from numpy.typing import NDArray

from bandit.core.features import LIMIT, UNIT, Encoder
from bandit.core.schema import FeatureSchema, FieldSpec
from bandit.core.values import Value

_MOST_PARTS = 1_024
_ONE, _BOUND = round(1 / UNIT), round(LIMIT / UNIT)


class SharedContext(dict[str, Value]):
    """What is known about a request: what its caller says, and what adapters say of all requests like it.

    Args:
        own: what the caller says; it wins.
        shared: what adapters say; never changed, and the same object whenever it is the same.
    """

    __slots__ = ("own", "shared")

    def __init__(self, own: dict[str, Value], shared: dict[str, Value]) -> None:
        super().__init__(shared)
        self.update(own)
        self.own = own
        self.shared = shared


class _Part(NamedTuple):
    """A shared part, kept so that no other gets its id; its row, with the constant; what of it is logged."""

    shared: Mapping[str, Value]
    row: list[int]
    declared: dict[str, Value]


class SharingEncoder(Encoder):
    """Makes the same vectors as `Encoder`, of shared contexts at a fraction of its cost."""

    def __init__(self, schema: FeatureSchema, declared: Mapping[str, FieldSpec]) -> None:
        super().__init__(schema, declared)
        self._parts: dict[int, _Part] = {}
        self._of_adapters = frozenset(declared)
        self._of_caller = [name for name in schema.fields if name not in declared]

    def encode(self, known: Sequence[Mapping[str, Value]]) -> NDArray[np.int16]:
        """See `Encoder.encode`."""
        rows = [self._row(each) if self._splits(each) else None for each in known]
        if None in rows:
            return super().encode(known)
        counts = np.array(rows, dtype=np.int64).reshape(len(rows), self.dimension)
        np.minimum(np.maximum(counts, -_BOUND, out=counts), _BOUND, out=counts)
        return counts.astype("<i2")

    def declared(self, known: Mapping[str, Value]) -> dict[str, Value]:
        """See `Encoder.declared`; what is shared is not copied, so nobody may change it."""
        if not self._splits(known):
            return super().declared(known)
        shared = self._part(known.shared).declared
        own = {name: known.own[name] for name in self._of_caller if name in known.own}
        return {**shared, **own} if own else shared

    def _splits(self, known: Mapping[str, Value]) -> TypeGuard[SharedContext]:
        """Whether its parts can be gone through apart: the caller says nothing that an adapter declares."""
        return type(known) is SharedContext and self._of_adapters.isdisjoint(known.own)

    def _row(self, known: SharedContext) -> list[int]:
        part, own = self._part(known.shared), known.own
        if self._of_caller:
            cells = self._cells([(name, own.get(name)) for name in self._of_caller])
        elif own and self._hashed:
            cells = self._cells(own.items())
        else:
            return part.row
        row = part.row.copy()
        for column, count in cells:
            row[column] += count
        return row

    def _part(self, shared: dict[str, Value]) -> _Part:
        part = self._parts.get(id(shared))
        if part is None:
            if len(self._parts) >= _MOST_PARTS:
                self._parts.clear()
            part = self._parts[id(shared)] = self._made(shared)
        return part

    def _made(self, shared: dict[str, Value]) -> _Part:
        row = [0] * self.dimension
        row[0] = _ONE
        if self._hashed:
            cells = self.cells(shared)
        else:
            names = [name for name in self._specs if name in self._of_adapters]
            cells = self._cells([(name, shared.get(name)) for name in names])
        for column, count in cells:
            row[column] += count
        declared = super().declared(shared)
        return _Part(shared, row, shared if len(declared) == len(shared) else declared)

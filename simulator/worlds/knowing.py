# SPDX-License-Identifier: Apache-2.0
"""What is known of visitors, kept as a table of numbers: a mapping is made when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from bandit.core.values import Scalar
from simulator.logs.partition import Floats


class Knowing(Sequence[dict[str, Scalar]]):
    """Features by name, a mapping a visitor; a hundred times smaller than the mappings would be.

    Args:
        x: features, shape (T, d).
        names: of the features, length d.
    """

    def __init__(self, x: Floats, names: Sequence[str]) -> None:
        self._x, self._names = x, tuple(names)

    def __len__(self) -> int:
        return len(self._x)

    @overload
    def __getitem__(self, visitor: int) -> dict[str, Scalar]: ...

    @overload
    def __getitem__(self, visitor: slice) -> Knowing: ...

    def __getitem__(self, visitor: int | slice) -> dict[str, Scalar] | Knowing:
        if isinstance(visitor, slice):
            return Knowing(self._x[visitor], self._names)
        return dict(zip(self._names, self._x[visitor].tolist(), strict=True))

# SPDX-License-Identifier: Apache-2.0
"""How much of an estimate's variance comes from one row: what more rows like it would change."""

from __future__ import annotations

from typing import NamedTuple

from simulator.estimators.sums import GROUPS, RatioSums
from simulator.logs.inner import inner
from simulator.logs.partition import Floats


class Sway(NamedTuple):
    """The row that an estimate hangs on most.

    Args:
        share: its part of the variance, 0 where nothing varies. Of equal rewards in k rows each has 1 / k.
        row: its position in the log; -1 where it is not known, as in logs longer than groups of rows.
    """

    share: float
    row: int


NONE = Sway(0.0, -1)


def sway(influence: Floats) -> Sway:
    """The largest of some influences.

    Args:
        influence: of groups of rows by their position, shape (G,).
    """
    squares = influence * influence
    total = float(squares.sum())
    if total <= 0.0:
        return NONE
    largest = int(squares.argmax())
    return Sway(float(squares[largest]) / total, largest if influence.shape[0] < GROUPS else -1)


def influence_of(sums: RatioSums) -> Floats:
    """What each group of rows adds to an estimate beyond its value, shape (G,)."""
    influence: Floats = sums.groups @ sums.gradient()
    return influence


def skewness(influence: Floats) -> tuple[float, float]:
    """Skewness and standard error of a sum of influences; groups keep the cumulants of rows."""
    squares = influence * influence
    variance = float(squares.sum())
    error = variance**0.5
    return (inner(squares, influence) / variance / error if variance > 0 else 0.0), error

# SPDX-License-Identifier: Apache-2.0
"""What every policy demands of the arrays it is handed, before it touches anything."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from policies.errors import InvalidInput
from policies.protocol import Contributions, Floats


def check_dimension(dimension: int) -> int:
    """Return `dimension` if a feature vector may have that length."""
    if isinstance(dimension, bool) or not isinstance(dimension, int) or dimension < 1:
        raise InvalidInput("dimension", got=dimension, allowed="whole numbers 1 or more")
    return dimension


def check_vectors(x: Floats, *, arms: Sequence[str], dimension: int) -> None:
    """Raise InvalidInput unless `x` has shape (B, K, d) or (B, 1, d) and is finite throughout."""
    shape = x.shape
    if len(shape) != 3 or shape[2] != dimension or shape[1] not in (1, len(arms)):
        raise InvalidInput("x", got=f"shape {shape}", allowed=f"shape (B, 1 or {len(arms)}, {dimension})")
    # One sum instead of a mask: a single NaN or infinity is enough to spoil it.
    if not math.isfinite(np.add.reduce(x, axis=None)):
        raise InvalidInput("x", got="a number that is not finite", allowed="finite numbers")


def check_contributions(learned: Contributions, *, dimension: int) -> None:
    """Raise InvalidInput unless all parts of `learned` have one length and finite numbers."""
    n = len(learned.arms)
    if learned.x.shape != (n, dimension):
        raise InvalidInput("x", got=f"shape {learned.x.shape}", allowed=f"shape ({n}, {dimension})")
    columns = [learned.weight, learned.change, learned.reward, learned.propensity]
    if learned.note is not None:
        columns.append(learned.note)
    whole = len(learned.day) == n and all(len(column) == n for column in columns)
    # One sum over everything: only where it is spoilt, somebody must be named.
    if not (
        whole and math.isfinite(np.add.reduce(learned.x, axis=None) + np.add.reduce(np.concatenate(columns)))
    ):
        _name_fault(learned, n)


def _name_fault(learned: Contributions, n: int) -> None:
    """Raise InvalidInput for the first part of another length, or with a number that is not finite."""
    for field in ("x", "weight", "change", "reward", "propensity", "day", "note"):
        array = getattr(learned, field)
        if array is None:
            continue
        if len(array) != n:
            raise InvalidInput(field, got=f"length {len(array)}", allowed=f"length {n}")
        if field != "day" and not math.isfinite(np.add.reduce(array, axis=None)):
            raise InvalidInput(field, got="a number that is not finite", allowed="finite numbers")

# SPDX-License-Identifier: Apache-2.0
"""What every policy demands of the arrays it is handed, before it touches anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from policies.errors import InvalidInput
from policies.protocol import Bools, Contributions, Floats

# The parts of contributions that are summed, how large they may be, and how many steps there are to 1.
_EXACT = ("x", "weight", "change", "reward")
_LIMITS = np.array([1024.0, 1.0, 2.0, 1.0])
_STEPS = np.array([2.0**10, 2.0**8, 2.0**24, 2.0**24])
_ROUNDING = 1e-9


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


def checked(learned: Contributions, *, dimension: int) -> Contributions:
    """Return `learned` in numbers that sums can hold exactly: what is off their grid is rounded to it.

    So merging gives the bytes of learning one by one, and what was added can be taken away.

    Raises:
        InvalidInput: parts of another length, a number that is not finite, a reward beyond [-1, 1], a weight
            beyond it, a propensity outside (0, 1], or a feature so large that few contributions were exact.
    """
    n = len(learned.arms)
    if learned.x.shape != (n, dimension):
        raise InvalidInput("x", got=f"shape {learned.x.shape}", allowed=f"shape ({n}, {dimension})")
    for field in ("weight", "change", "reward", "propensity", "day", "note"):
        array = getattr(learned, field)
        if array is not None and len(array) != n:
            raise InvalidInput(field, got=f"length {len(array)}", allowed=f"length {n}")
    if n == 0:
        return learned
    x, parts = learned.x.ravel(), (learned.weight, learned.change, learned.reward)
    numbers = np.concatenate([x, *parts])
    size = np.abs(numbers, out=np.empty_like(numbers))
    # Negated, so that NaN fails as well.
    if not (size <= np.repeat(_LIMITS, (len(x), n, n, n))).all():
        _name_fault(learned, n)
    p = learned.propensity
    if not (np.minimum.reduce(p) > 0.0 and np.maximum.reduce(p) <= 1.0 + _ROUNDING):
        _refuse("propensity", p, (p > 0.0) & (p <= 1.0 + _ROUNDING), "more than 0, up to 1")
    if learned.note is not None and not math.isfinite(np.add.reduce(learned.note)):
        _refuse("note", learned.note, np.isfinite(learned.note), "finite numbers")
    numbers *= (steps := np.repeat(_STEPS, (len(x), n, n, n)))
    whole = np.rint(numbers)
    if (numbers == whole).all():
        return learned
    whole /= steps
    x, weight, change, reward = np.split(whole, np.cumsum((len(x), n, n)))
    return replace(learned, x=x.reshape(n, dimension), weight=weight, change=change, reward=reward)


def check_seeds(seeds: Sequence[int], *, requests: int) -> None:
    """Raise InvalidInput unless there is a seed for every request."""
    if len(seeds) != requests:
        raise InvalidInput("seeds", got=f"{len(seeds)} of them", allowed=f"{requests}, one a request")


def _name_fault(learned: Contributions, n: int) -> None:
    """Raise InvalidInput for the first number beyond its limit."""
    for field, limit in zip(_EXACT, _LIMITS, strict=True):
        numbers = getattr(learned, field).reshape(n, -1)
        _refuse(field, numbers, np.abs(numbers) <= limit, f"-{limit:g} to {limit:g}")


def _refuse(field: str, numbers: Floats, fine: Bools, allowed: str) -> None:
    if not fine.all():
        raise InvalidInput(field, got=float(numbers[~fine][0]), allowed=allowed)

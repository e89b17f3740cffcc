# SPDX-License-Identifier: Apache-2.0
"""Feature vectors of single arms: the request's vector, what describes the arm, and how the two interact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bandit.core.arm import Arm
from bandit.core.features import LIMIT, UNIT, Encoder

# Requests at once, so that the work array stays small.
_CELLS = 1 << 22
_NAME = "arm"


@lru_cache(maxsize=64)
def _turned(size: int) -> NDArray[np.int64]:
    """Where the columns of a row stand in its circulant matrix, shape (size, size)."""
    places = np.arange(size)
    return (places[:, None] - places) % size


class ArmEncoder:
    """Makes one vector a request and arm for policies over features of arms.

    Interactions of every column of the request with every feature of the arm are sketched by a circular
    convolution (Pham & Pagh 2013, tensor sketch): hashing all pairs without naming any. The constant first
    column takes no part. An arm without features is described by its name. A newcomer that has features is
    not: what was learned of the column that its name falls into, it was learned of others.
    """

    def __init__(self, arms: Mapping[str, Arm], encoder: Encoder) -> None:
        self._dimension = encoder.dimension
        # Arms are hashed into all columns, even where the request's fields have columns of their own.
        named = [encoder.sketch({_NAME: name}) for name in arms]
        described = [
            encoder.sketch({f"{_NAME}.{feature}": value for feature, value in arm.features.items()})
            for arm in arms.values()
        ]
        self._described = np.array(described, dtype=np.float64).reshape(-1, encoder.dimension)
        self._base = self._described + np.array(named, dtype=np.float64).reshape(self._described.shape)
        self._tells = self._described.any(axis=1)
        self._interacts = np.array(
            [own if own.any() else name for name, own in zip(named, described, strict=True)], dtype=np.float64
        ).reshape(self._base.shape)[:, 1:]
        self._turned = _turned(encoder.dimension - 1)

    def encode(self, x: NDArray[np.int16], *, newcomers: Sequence[bool] = ()) -> NDArray[np.int16]:
        """Vectors of all arms for requests `x`, (B, d) in counts of 2^-10: shape (B, K, d).

        Args:
            newcomers: which of the arms are, length K; empty when none is.
        """
        base = self._base
        if any(newcomers):
            nameless = np.array(newcomers) & self._tells
            base = np.where(nameless[:, None], self._described, base)
        step = max(1, _CELLS // self._dimension**2)
        parts = [
            self._encode(x[start : start + step].astype(np.float64), base) for start in range(0, len(x), step)
        ]
        return np.concatenate(parts)

    def _encode(self, x: NDArray[np.float64], base: NDArray[np.float64]) -> NDArray[np.int16]:
        counts = x[:, None, :] + base
        circulant = x[:, 1:].take(self._turned, axis=1)
        # Products of whole counts are exact, so every machine rounds the same numbers.
        counts[:, :, 1:] += np.matmul(self._interacts, circulant.transpose(0, 2, 1)) * UNIT
        bound = LIMIT / UNIT
        return np.clip(np.rint(counts), -bound, bound).astype("<i2")

# SPDX-License-Identifier: Apache-2.0
"""Inner products in pieces."""

from __future__ import annotations

import math

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from simulator.logs.inner import PIECE, inner


@pytest.mark.parametrize("n", [0, 1, PIECE, PIECE + 1, 3 * PIECE + 7])
def test_nothing_is_left_out(n: int) -> None:
    """Pieces of any number add up to the whole."""
    left, right = np.random.default_rng(n).random((2, n))
    assert inner(left, right) == pytest.approx(math.fsum(left * right), rel=1e-13)


def test_threads_leave_no_trace() -> None:
    """The same vectors give the same bytes with one thread of BLAS and with two."""
    left, right = np.random.default_rng(4).random((2, 100_000))
    found = set()
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.add(inner(left, right))
    assert len(found) == 1

# SPDX-License-Identifier: Apache-2.0
"""Where functions cross 0."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.roots import root


@pytest.mark.parametrize(
    ("f", "low", "high", "wanted"),
    [
        (lambda x: x**3 - 2, 0.0, 2.0, 2 ** (1 / 3)),
        (math.cos, 0.0, 3.0, math.pi / 2),
        (lambda x: 1 / x - 1e-6, 1.0, 1e9, 1e6),
        (lambda x: math.atan(1e9 * (x - 0.3)), -1.0, 5.0, 0.3),
        (lambda x: x, 0.0, 1.0, 0.0),
        (lambda x: x - 1, 0.0, 1.0, 1.0),
    ],
)
def test_roots_to_the_last_bits(f: Callable[[float], float], low: float, high: float, wanted: float) -> None:
    """Flat, steep and plain functions, and roots at the ends."""
    assert root(f, low, high) == pytest.approx(wanted, rel=1e-14, abs=1e-15)


@given(at=st.floats(-1e3, 1e3), power=st.sampled_from([1, 3, 9]))
def test_few_calls_even_where_a_function_is_flat(at: float, power: int) -> None:
    """Every third step halves, so three times the steps of bisection are the most."""
    calls = 0

    def f(x: float) -> float:
        nonlocal calls
        calls += 1
        return (x - at) ** power

    found = root(f, -1e4, 1e4)
    assert abs(found - at) <= 1e-6
    assert calls < 250

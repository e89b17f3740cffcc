# SPDX-License-Identifier: Apache-2.0
"""The confidence sequence covers at all times together, and shrinks."""

from __future__ import annotations

import math

import numpy as np
import pytest

from policies.anytime import anytime_interval, stitched_boundary


def test_is_wrong_less_often_than_promised() -> None:
    """Of 200 runs of 200 looks each, fewer than alpha ever exclude the true mean."""
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(200):
        x = np.where(rng.random(2_000) < 0.1, rng.choice([-2.0, 2.0], size=2_000, p=[0.3, 0.7]), 0.0)
        counts, totals, squares = np.arange(1, 2_001), x.cumsum(), (x * x).cumsum()
        looks = (
            anytime_interval(n, total, square, bound=2.0, alpha=0.1)
            for n, total, square in zip(counts[::10], totals[::10], squares[::10], strict=True)
        )
        wrong += any(not look.low <= 0.08 <= look.high for look in looks)
    assert wrong <= 20


def test_gets_narrow() -> None:
    """With a variance of 0.09 a hundred thousand observations locate the mean to 0.01."""
    found = anytime_interval(100_000, 10_000.0, 10_000.0, bound=1.0, alpha=0.05)
    assert found.estimate == pytest.approx(0.1)
    assert found.high - found.low < 0.02


def test_nothing_is_known_without_observations() -> None:
    """No data gives the whole line."""
    found = anytime_interval(0, 0.0, 0.0, bound=1.0, alpha=0.05)
    assert (found.low, found.high) == (-math.inf, math.inf)


def test_the_boundary_scales_with_the_observations() -> None:
    """Measuring in other units changes the boundary by the same factor."""
    one = stitched_boundary(50.0, scale=1.0, alpha=0.01)
    assert stitched_boundary(50.0 * 9, scale=3.0, alpha=0.01) == pytest.approx(3 * one)

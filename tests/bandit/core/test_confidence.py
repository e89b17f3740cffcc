# SPDX-License-Identifier: Apache-2.0
"""Intervals that hold at all times at once, by seeded simulation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bandit.core.confidence import Interval, anytime_difference, anytime_mean

RUNS, STEPS = 500, 2_000
# One looks all the time at first, then every 10 observations.
LOOKS = [*range(2, 200), *range(200, STEPS + 1, 10)]
WORLDS: dict[str, tuple[float, Callable[[np.random.Generator], np.ndarray]]] = {
    "never": (0.0, lambda rng: np.zeros((RUNS, STEPS))),
    "rare": (0.01, lambda rng: (rng.random((RUNS, STEPS)) < 0.01).astype(float)),
    "clicks": (0.05, lambda rng: (rng.random((RUNS, STEPS)) < 0.05).astype(float)),
    "even": (0.0, lambda rng: rng.choice([-1.0, 1.0], size=(RUNS, STEPS))),
    "smooth": (0.5, lambda rng: rng.random((RUNS, STEPS))),
}


@pytest.mark.parametrize("world", WORLDS)
def test_the_mean_is_covered_at_all_times(world: str) -> None:
    """In at most alpha of all runs does the true mean ever lie outside, whenever one looks from n = 2 on."""
    mean, draw = WORLDS[world]
    rewards = draw(np.random.default_rng(11))
    totals, squares = rewards.cumsum(axis=1), (rewards**2).cumsum(axis=1)
    missed = 0
    for total, square in zip(totals.tolist(), squares.tolist(), strict=True):
        found = (anytime_mean(k, total[k - 1], square[k - 1]) for k in LOOKS)
        missed += any(each is None or not each.low <= mean <= each.high for each in found)
    assert missed / RUNS <= 0.05


def test_too_little_says_nothing() -> None:
    """One observation has no interval, nor does a difference with one side missing."""
    assert anytime_mean(1, 1.0, 1.0) is None
    assert anytime_difference(None, Interval(0.0, -1.0, 1.0)) is None


def test_more_data_says_more() -> None:
    """With the same mean and spread, intervals shrink as observations come."""
    widths = []
    for n in (10, 100, 1_000, 10_000, 100_000):
        found = anytime_mean(n, 0.3 * n, 0.3 * n)
        assert found is not None
        assert found.mean == pytest.approx(0.3)
        assert found.low < 0.3 < found.high
        widths.append(found.high - found.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.02


def test_a_difference_is_as_wide_as_both_sides() -> None:
    """The bounds of a difference are those that both sides allow together."""
    found = anytime_difference(Interval(0.5, 0.4, 0.6), Interval(0.25, 0.125, 0.375))
    assert found is not None
    assert tuple(found) == pytest.approx((0.25, 0.025, 0.475))

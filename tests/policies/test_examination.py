# SPDX-License-Identifier: Apache-2.0
"""Position bias: estimating examination, weighing by it, and the cascade."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import Contributions, InvalidInput, build
from policies.examination import GRID, cascade_weights, estimate_examination, non_increasing, on_weight_grid


def test_recovers_the_examination_of_a_random_holdout() -> None:
    """Rates by slot of a uniform ranking, relative to the first, are the examination probabilities."""
    rng = np.random.default_rng(0)
    truth = np.array([1.0, 0.6, 0.35, 0.2])
    shown = np.full(4, 40_000.0)
    clicked = np.array([float(rng.binomial(40_000, rate)) for rate in truth * 0.2])
    found = estimate_examination(shown, clicked)
    np.testing.assert_allclose(found, truth, rtol=0, atol=0.03)


@given(
    st.lists(st.tuples(st.integers(0, 1_000), st.floats(0, 1)), min_size=1, max_size=6).map(
        lambda slots: [(shown, round(shown * rate)) for shown, rate in slots]
    )
)
def test_estimates_can_always_be_used_as_weights(slots: list[tuple[int, int]]) -> None:
    """Whatever was counted: the first is 1, none is more than the one before, all lie on the grid."""
    shown, clicked = zip(*slots, strict=True)
    p = estimate_examination(shown, clicked)
    assert p[0] == 1.0
    assert (np.diff(p) <= 0).all()
    assert (p >= GRID).all()
    np.testing.assert_array_equal(np.rint(p / GRID) * GRID, p)


def test_pooling_is_the_closest_monotone_sequence() -> None:
    """Neighbours in the wrong order share their weighted mean."""
    found = non_increasing(np.array([3.0, 1.0, 2.0, 0.5]), np.array([1.0, 1.0, 3.0, 1.0]))
    np.testing.assert_allclose(found, [3.0, 1.75, 1.75, 0.5])


def test_weighting_undoes_position_bias() -> None:
    """An arm always shown in a slot that few look at is believed as good as it is."""
    rng = np.random.default_rng(1)
    n, rate, examined = 20_000, 0.4, on_weight_grid([0.25])[0]
    clicks = (rng.random(n) < rate * examined).astype(float)
    policy = build({"kind": "linucb"}, dimension=1)
    day = np.zeros(n, dtype=np.int64)
    ones = np.ones(n)
    policy.update(Contributions(["a"] * n, np.ones((n, 1)), ones * examined, clicks, clicks, ones, day))
    assert policy.believe(("a",), np.ones((1, 1, 1))).mean[0, 0] == pytest.approx(rate, abs=0.02)


@pytest.mark.parametrize(
    ("rewarded", "weights"),
    [
        ([False, False, False], [1, 1, 1]),
        ([True, False, False], [1, 0, 0]),
        ([False, True, False], [1, 1, 0]),
        ([True, False, True], [1, 1, 1]),
    ],
)
def test_slots_below_the_last_click_do_not_count(rewarded: list[bool], weights: list[int]) -> None:
    """The cascade weighs what was read."""
    np.testing.assert_array_equal(cascade_weights(np.array(rewarded)), weights)


@pytest.mark.parametrize(
    ("shown", "clicked", "field"),
    [
        ([10, 10], [1], "rewarded"),
        ([-1], [0], "shown"),
        ([5], [float("nan")], "rewarded"),
        ([], [], "rewarded"),
    ],
)
def test_counts_that_cannot_be_are_refused(shown: list[float], clicked: list[float], field: str) -> None:
    """Bad counts name the field."""
    with pytest.raises(InvalidInput) as refused:
        estimate_examination(shown, clicked)
    assert refused.value.field == field


@pytest.mark.parametrize("p", [[0.0], [1.2], [float("nan")], [-0.1]])
def test_examination_is_a_probability(p: list[float]) -> None:
    """Weights outside (0, 1] are refused."""
    with pytest.raises(InvalidInput, match="examination: got"):
        on_weight_grid(p)

# SPDX-License-Identifier: Apache-2.0
"""Selection probabilities of independent Gaussians."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import ndtr

from policies.gaussian import best_gaussian

Array = NDArray[np.float64]


def by_brute_force(m: Array, s: Array) -> Array:
    """Integrate on a grid twenty times as fine, around the narrowest arm that matters."""
    low, high = (m - 8.2 * s).max(), m + 8.2 * s
    matters = high > low
    mean, deviation, a = m[matters], s[matters], s[matters].min()
    u = np.arange(0.0, np.log1p((high.max() - low) / a), 0.004)
    y = low + a * np.expm1(u)
    z = (y - mean[:, None]) / deviation[:, None]
    below = ndtr(z)
    share = (np.exp(-0.5 * z * z) / below / deviation[:, None]) @ (np.exp(u) * below.prod(axis=0))
    found = np.zeros(len(m))
    found[matters] = share / share.sum()
    return found


def chosen(m: Array, s: Array, eligible: NDArray[np.bool_] | None = None) -> Array:
    """Ask about one request."""
    everyone = np.ones((1, len(m)), dtype=bool)
    found: Array = best_gaussian(m[None], s[None], everyone if eligible is None else eligible[None])[0]
    return found


@pytest.mark.parametrize("seed", range(40))
def test_agrees_with_brute_force(seed: int) -> None:
    """Any number of arms, however different their deviations, is good to 2e-8."""
    rng = np.random.default_rng(seed)
    arms = int(rng.integers(2, 150 if seed % 4 == 0 else 30))
    m = rng.normal(size=arms) * rng.choice([0.0, 0.01, 0.3, 3.0])
    s = np.exp(rng.uniform(-float(rng.choice([0.0, 2.0, 5.0, 9.0])), 0.0, size=arms))
    np.testing.assert_allclose(chosen(m, s), by_brute_force(m, s), rtol=0, atol=2e-8)


def crowds(arms: int) -> list[tuple[Array, Array]]:
    """Means and deviations of two crowds of arms: the fewer lead or trail, more or less certain."""
    found = []
    for leaders in sorted({1, 2, arms // 4 or 1, arms // 2}):
        for lead in (-0.5, 0.1, 0.6, 1.5, 3.0):
            for certainty in (0.4, 1.0, 1.5, 3.0):
                m, s = np.zeros(arms), np.ones(arms)
                m[:leaders], s[:leaders] = lead, certainty
                found.append((m, s))
    return found


@pytest.mark.parametrize("arms", [2, 3, 5, 10, 20, 50, 120])
def test_crowds_of_equal_arms_settle_no_faster_than_the_nodes_can_follow(arms: int) -> None:
    """The largest of many equal arms is a sharp function: alone and in a batch, good to 2e-8."""
    cases = crowds(arms)
    expected = np.array([by_brute_force(m, s) for m, s in cases])
    alone = np.array([chosen(m, s) for m, s in cases])
    np.testing.assert_allclose(alone, expected, rtol=0, atol=2e-8)
    m, s = (np.array(column) for column in zip(*cases, strict=True))
    together = best_gaussian(m, s, np.ones(m.shape, dtype=bool))
    np.testing.assert_allclose(together, expected, rtol=0, atol=2e-8)


def test_arms_beyond_the_processors_cache_are_the_same_arms() -> None:
    """Thousands of arms in one request are good to 2e-8, those that cannot matter included."""
    rng = np.random.default_rng(6)
    for spread in (0.0, 0.3, 3.0):
        m, s = rng.normal(size=3_000) * spread, rng.uniform(0.5, 1.0, size=3_000)
        np.testing.assert_allclose(chosen(m, s), by_brute_force(m, s), rtol=0, atol=2e-8)


def test_a_number_that_is_none_is_refused() -> None:
    """NaN in a mean or a deviation is an error, never a probability."""
    for m, s in (([0.0, np.nan], [1.0, 1.0]), ([0.0, 0.0], [np.nan, 1.0])):
        with pytest.raises((ArithmeticError, ValueError)):
            chosen(np.array(m), np.array(s))


def test_two_arms_have_a_closed_form() -> None:
    """P(1 beats 2) = Phi((m1 - m2) / sqrt(s1^2 + s2^2))."""
    m, s = np.array([0.3, 0.1]), np.array([0.2, 0.05])
    expected = ndtr(0.2 / np.hypot(0.2, 0.05))
    np.testing.assert_allclose(chosen(m, s), [expected, 1 - expected], rtol=0, atol=1e-8)


@pytest.mark.parametrize(
    ("m", "s", "expected"),
    [
        ([1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.5, 0.5, 0.0]),
        ([0.0, 0.0], [0.0, 1.0], [0.5, 0.5]),
        ([5e5, 1.0], [0.0, 0.0], [1.0, 0.0]),
        ([1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [ndtr(1.0) / 2, ndtr(1.0) / 2, ndtr(-1.0)]),
        ([1.0, 0.9, 0.0], [0.0, 0.0, 1.0], [ndtr(1.0), 0.0, ndtr(-1.0)]),
        ([0.2], [0.3], [1.0]),
    ],
)
def test_certain_arms_are_the_limit_of_nearly_certain_ones(
    m: list[float], s: list[float], expected: list[float]
) -> None:
    """A deviation of 0 is allowed; arms that are equal for certain share."""
    np.testing.assert_allclose(chosen(np.array(m), np.array(s)), expected, rtol=0, atol=1e-8)


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(1e-4, 1)), min_size=2, max_size=8),
    st.floats(-10, 10),
    st.floats(1e-3, 1e3),
    st.randoms(use_true_random=False),
)
def test_order_place_and_scale_do_not_matter(
    arms: list[tuple[float, float]], place: float, scale: float, shuffle: object
) -> None:
    """Permuting arms permutes probabilities; shifting and scaling all of them changes nothing."""
    m, s = np.array(arms).T
    order = np.array(shuffle.sample(range(len(m)), len(m)))  # type: ignore[attr-defined]
    moved = chosen(place + scale * m[order], scale * s[order])
    np.testing.assert_allclose(moved, chosen(m, s)[order], rtol=0, atol=5e-8)


def test_ineligible_arms_might_as_well_not_exist() -> None:
    """Leaving arms out by eligibility and leaving them out of the call are the same."""
    rng = np.random.default_rng(3)
    m, s = rng.normal(size=12), rng.uniform(0.1, 2.0, size=12)
    eligible = rng.random(12) < 0.5
    found = chosen(m, s, eligible)
    assert (found[~eligible] == 0).all()
    np.testing.assert_allclose(found[eligible], chosen(m[eligible], s[eligible]), rtol=0, atol=2e-8)


def test_a_batch_is_its_requests() -> None:
    """Requests of one batch do not influence each other."""
    rng = np.random.default_rng(4)
    m, s = rng.normal(size=(40, 9)), np.exp(rng.normal(size=(40, 9)))
    eligible = rng.random((40, 9)) < 0.6
    eligible[:, 0] = True
    together = best_gaussian(m, s, eligible)
    alone = [chosen(*row) for row in zip(m, s, eligible, strict=True)]
    np.testing.assert_allclose(together, alone, rtol=0, atol=2e-8)

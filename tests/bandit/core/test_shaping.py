# SPDX-License-Identifier: Apache-2.0
"""Boosts, floor and shares: what comes out is a distribution that keeps what was asked of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bandit.core.draw import check
from bandit.core.shaping import Shape, bounded, shaped, uniform

PLAIN = Shape(None, 0.0, None, None)
CLOSE = 1e-12


@st.composite
def cases(draw: st.DrawFn) -> tuple[Any, Any, Shape]:
    """Probabilities of a policy over some of up to eight arms, and a shape."""
    k = draw(st.integers(1, 8))
    some = st.lists(st.booleans(), min_size=k, max_size=k)
    eligible = np.array([draw(some)])
    assume(eligible.any())
    weights = draw(st.lists(st.one_of(st.just(0.0), st.floats(1e-300, 1.0)), min_size=k, max_size=k))
    p = np.where(eligible, [weights], 0.0)
    assume(p.sum() > 1e-290)
    edges = np.array(draw(st.lists(st.tuples(st.floats(0, 1), st.floats(0.001, 1)), min_size=k, max_size=k)))
    shares = draw(st.booleans())
    return (
        p / p.sum(),
        eligible,
        Shape(
            boost=np.array(draw(st.lists(st.floats(0.001, 1000), min_size=k, max_size=k))),
            floor=draw(st.one_of(st.just(0.0), st.floats(0, 1))),
            low=edges.min(axis=1) if shares else None,
            high=edges.max(axis=1) if shares else None,
        ),
    )


@given(cases())
def test_probabilities_sum_to_one_over_the_eligible(case: tuple[Any, Any, Shape]) -> None:
    """Whatever the shape, rows sum to 1 within 1e-12 and arms that are not eligible have none of it."""
    p, eligible, shape = case
    out = shaped(p, eligible, shape)
    assert abs(out.sum() - 1.0) <= CLOSE
    assert (out >= 0).all()
    assert (out[~eligible] == 0).all()


@st.composite
def rounded(draw: st.DrawFn) -> tuple[Any, Any, Shape]:
    """Vectors as policies leave them: one-hot, tied, nearly zero, off by rounding, with any shape."""
    k = draw(st.integers(2, 9))
    eligible = np.array([draw(st.lists(st.booleans(), min_size=k, max_size=k))])
    assume(eligible.any())
    among = np.flatnonzero(eligible[0])
    p = np.zeros((1, k))
    kind = draw(st.sampled_from(["one-hot", "tied", "nearly zero", "any"]))
    if kind == "one-hot":
        p[0, draw(st.sampled_from(among.tolist()))] = 1.0
    elif kind == "tied":
        p[0, among] = 1.0 / len(among)
    else:
        tiny = st.sampled_from([0.0, 5e-324, 1e-310, 1e-300, 1e-200, 1e-17, 1e-9, 0.1, 0.7])
        p[0, among] = [draw(tiny if kind == "nearly zero" else st.floats(0, 1)) for _ in among]
        p[0, among[0]] += 1e-3
        p /= p.sum()
    off = st.sampled_from([0.0, 1e-17, -1e-17, 1e-12, -1e-12])
    p[0] += [draw(off) for _ in range(k)]
    bounds = st.tuples(st.sampled_from([0.0, 0.15, 0.2, 0.5, 1.0]), st.sampled_from([0.001, 0.3, 0.6, 1.0]))
    edges = np.array(draw(st.lists(bounds, min_size=k, max_size=k)))
    shares = draw(st.booleans())
    boost = np.array(draw(st.lists(st.sampled_from([0.001, 1.0, 1000.0]), min_size=k, max_size=k)))
    return (
        p,
        eligible,
        Shape(
            boost=boost if draw(st.booleans()) else None,
            floor=draw(st.sampled_from([0.0, 0.005, 0.3, 1.0])),
            low=edges.min(axis=1) if shares else None,
            high=edges.max(axis=1) if shares else None,
        ),
    )


@settings(max_examples=500)
@given(rounded())
def test_shaping_takes_probabilities_to_probabilities(case: tuple[Any, Any, Shape]) -> None:
    """Whatever rounding a policy leaves, what comes out is exactly drawable: never below 0, sum 1."""
    p, eligible, shape = case
    out = shaped(p, eligible, shape)
    check(out)
    assert abs(out.sum() - 1.0) <= CLOSE
    assert (out >= 0).all()
    assert (out[~eligible] == 0).all()


def test_a_lower_share_of_an_arm_that_is_at_nothing_leaves_no_arm_below_nothing() -> None:
    """All weight on one arm, shares for two others, no floor: rounding must not push the fourth below 0."""
    shape = Shape(None, 0.0, low=np.array([0.0, 0.15, 0.2, 0.0]), high=np.ones(4))
    out = shaped(np.array([[1.0, 0.0, 0.0, 0.0]]), np.ones((1, 4), dtype=bool), shape)
    assert out[0] == pytest.approx([0.65, 0.15, 0.2, 0.0], abs=1e-15)
    assert (out >= 0).all()


@pytest.mark.parametrize("bad", [[1.1, -0.1], [0.5, 0.4], [np.nan, 1.0], [np.inf, 0.0], [0.0, 0.0]])
def test_what_is_no_distribution_is_refused(bad: list[float]) -> None:
    """A policy that is wrong by more than rounding is not made right in silence."""
    with pytest.raises(ArithmeticError, match="no distribution"):
        shaped(np.array([bad]), np.ones((1, 2), dtype=bool), PLAIN)


@given(cases())
def test_the_floor_is_kept(case: tuple[Any, Any, Shape]) -> None:
    """Every eligible arm has the floor, or an equal part where there are too many for it."""
    p, eligible, shape = case
    out = shaped(p, eligible, shape._replace(low=None, high=None))
    assert (out[eligible] >= min(shape.floor, 1 / eligible.sum()) - CLOSE).all()


@st.composite
def met(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    """Probabilities of a policy and bounds, shape (1, K), that some distribution meets."""
    k = draw(st.integers(1, 8))
    weights = st.lists(st.one_of(st.just(0.0), st.floats(1e-300, 1.0)), min_size=k, max_size=k)
    parts = st.lists(st.floats(0, 1), min_size=k, max_size=k)
    p, q = (np.array([draw(weights.filter(lambda each: sum(each) > 1e-290))]) for _ in range(2))
    p, q = p / p.sum(), q / q.sum()
    return p, q * draw(parts), q + (1 - q) * draw(parts)


@given(met())
def test_shares_are_kept_where_they_can_be(case: tuple[Any, Any, Any]) -> None:
    """Bounds that together allow a distribution hold for every arm."""
    p, low, high = case
    out = bounded(p, low, high)
    assert (out >= low - CLOSE).all()
    assert (out <= high + CLOSE).all()


@given(met())
def test_arms_within_their_bounds_keep_their_proportions(case: tuple[Any, Any, Any]) -> None:
    """Of two arms that no bound touches, one stays as many times as likely as the other."""
    p, low, high = case
    out = bounded(p, low, high)
    inside = (out > low + 1e-9) & (out < high - 1e-9) & (p > 1e-6)
    factors = out[inside] / p[inside]
    assert factors.size == 0 or factors.max() <= factors.min() * (1 + 1e-6)


def test_a_boost_multiplies_before_normalising() -> None:
    """An arm boosted by 3 has three times the odds."""
    out = shaped(np.array([[0.5, 0.5]]), np.array([[True, True]]), PLAIN._replace(boost=np.array([3.0, 1.0])))
    assert out.tolist() == [[0.75, 0.25]]


def test_the_floor_takes_evenly() -> None:
    """A policy that is sure leaves each other arm exactly the floor."""
    eligible = np.array([[True, True, False, True]])
    out = shaped(np.array([[1.0, 0.0, 0.0, 0.0]]), eligible, PLAIN._replace(floor=0.125))
    assert out.tolist() == [[0.75, 0.125, 0.0, 0.125]]


@pytest.mark.parametrize(
    ("p", "low", "high", "expected"),
    [
        ([1, 0, 0], [0, 0, 0], [0.6, 1, 1], [0.6, 0.2, 0.2]),
        ([1, 0, 0], [0, 0, 0], [0.6, 0.1, 1], [0.6, 4 / 110, 40 / 110]),
        ([0.8, 0.1, 0.1], [0, 0.3, 0], [1, 1, 1], [0.8 * 7 / 9, 0.3, 0.1 * 7 / 9]),
        ([0.5, 0.5], [0.9, 0.9], [1, 1], [0.5, 0.5]),
        ([0.5, 0.3, 0.2], [0, 0, 0], [0.1, 0.1, 0.1], [1 / 3, 1 / 3, 1 / 3]),
        ([1, 0], [0, 0], [0.25, 0.25], [0.5, 0.5]),
        ([1.0], [0], [0.3], [1.0]),
        ([1, 1e-310], [0, 0], [0.5, 1], [0.5, 0.5]),
    ],
)
def test_bounds_by_example(
    p: list[float], low: list[float], high: list[float], expected: list[float]
) -> None:
    """Weight over a bound goes to the others in proportion, or by room; what cannot be met is loosened."""
    out = bounded(np.array([p], dtype=float), np.array([low], dtype=float), np.array([high], dtype=float))
    assert out[0] == pytest.approx(expected, abs=1e-12)


def test_a_vector_within_its_bounds_stays() -> None:
    """Bounds that are met already change nothing but rounding."""
    p = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    out = bounded(p, np.zeros((2, 3)), np.ones((2, 3)))
    assert np.abs(out - p).max() <= CLOSE


def test_uniform_is_even_over_the_eligible() -> None:
    """The holdout's vector is the same for every eligible arm."""
    assert uniform(np.array([[True, False, True]])).tolist() == [[0.5, 0.0, 0.5]]

# SPDX-License-Identifier: Apache-2.0
"""The sums behind estimators: any split, any order of merging, groups by position."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.estimators import sums as module
from simulator.estimators.sums import RatioSums, Terms, add_to_groups


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(0, 70), n=st.integers(1, 90), groups=st.sampled_from([1, 5, 16]), seed=st.integers(0, 9)
)
def test_rows_go_to_the_group_of_their_position(start: int, n: int, groups: int, seed: int) -> None:
    """Row `i` lands in group `(start + i) mod groups`, whatever the length and the start."""
    values = np.random.default_rng(seed).random(n)
    wanted = np.zeros(groups)
    np.add.at(wanted, (start + np.arange(n)) % groups, values)
    got = np.zeros((groups, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "GROUPS", groups)
        add_to_groups(got, 0, values, start)
    np.testing.assert_allclose(got[:, 0], wanted, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, 120), max_size=5), seed=st.integers(0, 99))
def test_any_split_merges_to_the_same_sums(cuts: list[int], seed: int) -> None:
    """Sums of parts, merged in order, equal the sums of the whole up to rounding."""
    g = np.random.default_rng(seed)
    n, d, m, w = g.random(120), g.random(120) + 0.1, g.random(120), g.random(120)
    whole, merged = RatioSums(), RatioSums()
    whole.add(Terms(n, d, m), w=w, start=0)
    edges = [0, *sorted(cuts), 120]
    for first, last in itertools.pairwise(edges):
        part, rows = RatioSums(), slice(first, last)
        part.add(Terms(n[rows], d[rows], m[rows]), w=w[rows], start=first)
        merged.merge(part)
    np.testing.assert_allclose(merged.total, whole.total, rtol=1e-12)
    np.testing.assert_allclose(merged.cross, whole.cross, rtol=1e-12)
    np.testing.assert_allclose(merged.groups, whole.groups, rtol=1e-12)
    assert merged.value() == pytest.approx(whole.value(), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(0, 50), seed=st.integers(0, 99))
def test_sums_arrive_as_they_were_sent(rows: int, seed: int) -> None:
    """Another process gets the same bytes, though equal columns travel once and empty ones not at all."""
    g = np.random.default_rng(seed)
    sent = RatioSums()
    sent.add(Terms(g.random(rows)), w=g.random(rows), start=0)
    message = pickle.dumps(sent)
    got = pickle.loads(message)  # noqa: S301 - made one line above
    assert {name: np.asarray(value).tobytes() for name, value in vars(got).items()} == {
        name: np.asarray(value).tobytes() for name, value in vars(sent).items()
    }
    assert got.groups.shape == sent.groups.shape
    # Four columns: the numerator, a denominator of 1 that equals the count, no offset, the count.
    assert len(message) < 2 * 8 * rows + 1500


def test_the_delta_method_is_that_of_a_ratio() -> None:
    """The variance of N / D is the mean squared influence over the number of rows."""
    g = np.random.default_rng(5)
    r, w = g.random(400), g.random(400) * 3
    sums = RatioSums()
    sums.add(Terms(w * r, denominator=w), w=w, start=0)
    v = float((w * r).sum() / w.sum())
    influence = w * (r - v) / w.mean()
    assert sums.value() == pytest.approx(v, abs=1e-14)
    assert sums.variance() == pytest.approx(influence.var(ddof=1) / 400, rel=1e-9)


def test_influences_of_all_groups_sum_to_nothing() -> None:
    """The gradient is that of the estimate at the sums: influences cancel."""
    g = np.random.default_rng(6)
    n, d, m = g.random((50, 3)), g.random((50, 3)) + 0.5, g.random(50)
    sums = RatioSums()
    sums.add(Terms(n, d, m), w=g.random(50), start=0)
    assert float((sums.groups @ sums.gradient()).sum()) == pytest.approx(0.0, abs=1e-12)


def test_no_weight_no_value() -> None:
    """A ratio without any weight has no value instead of an infinite one."""
    sums = RatioSums()
    sums.add(Terms(np.zeros(3), denominator=np.zeros(3)), w=np.zeros(3), start=0)
    assert sums.value() is None


def test_sampled_rows_stand_for_others() -> None:
    """A row kept with probability 1/2 counts as two rows."""
    once, twice = RatioSums(), RatioSums()
    r, w = np.array([1.0, 0.0, 1.0]), np.array([0.5, 2.0, 1.0])
    once.add(Terms(w * r), w=w, start=0, keep=np.full(3, 0.5))
    twice.add(Terms(np.tile(w * r, 2)), w=np.tile(w, 2), start=0)
    assert once.value() == pytest.approx(twice.value(), abs=1e-15)
    assert once.count == 6.0

# SPDX-License-Identifier: Apache-2.0
"""Intervals: lookups agree with looking at every interval."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.intervals import Interval, Intervals

stretches = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(
    lambda s: Interval(s[0], s[0] + s[1], f"{s}")
)


@given(intervals=st.lists(stretches, max_size=12), instant=st.integers(-5, 90))
def test_lookups(intervals: list[Interval], instant: int) -> None:
    """Holding, next and last are those that a search through all finds."""
    found = Intervals(intervals)
    holding = found.holding(instant)
    inside = [each for each in intervals if each.start <= instant < each.end]
    assert (holding is None) == (not inside)
    assert holding is None or holding.start == max(each.start for each in inside)
    assert found.next_start(instant) == min((e.start for e in intervals if e.start > instant), default=None)
    assert found.last_end(instant) == max((e.end for e in intervals if e.end <= instant), default=None)


def test_empty() -> None:
    """Without intervals there is nothing to find."""
    nothing = Intervals()
    assert (nothing.holding(1.0), nothing.next_start(1.0), nothing.last_end(1.0), len(nothing)) == (
        None,
        None,
        None,
        0,
    )

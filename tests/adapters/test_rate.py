# SPDX-License-Identifier: Apache-2.0
"""Rate limits hold in every window."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.rate import DAY_S, MINUTE_S, RateLimit


@given(gaps=st.lists(st.floats(0, 40), max_size=120))
def test_no_window_has_more(gaps: list[float]) -> None:
    """However calls come, no minute holds more than allowed, nor does the day."""
    limit, now, taken = RateLimit(per_minute=5, per_day=20), 0.0, []
    for gap in gaps:
        now += gap
        if limit.take(now=now):
            taken.append(now)
    for end in taken:
        assert sum(end - MINUTE_S < call <= end for call in taken) <= 5
        assert sum(end - DAY_S < call <= end for call in taken) <= 20


def test_the_next_window_is_free() -> None:
    """When the window has passed, calls are allowed again."""
    limit = RateLimit(per_minute=2, per_day=3)
    assert [limit.take(now=now) for now in (0, 0, 0, 60, 120)] == [True, True, False, True, False]
    assert limit.take(now=DAY_S)

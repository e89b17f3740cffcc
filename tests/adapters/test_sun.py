# SPDX-License-Identifier: Apache-2.0
"""The sun's height against published values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sun import elevation_deg, is_light


@pytest.mark.parametrize(
    ("at", "latitude", "expected"),
    [
        (datetime(2026, 3, 20, 12, 7, 30, tzinfo=UTC), 0.0, 90.0),  # equinox, true noon on the equator
        (datetime(2026, 6, 21, 12, 2, tzinfo=UTC), 23.44, 90.0),  # solstice over the tropic
        (datetime(2026, 12, 21, 11, 58, tzinfo=UTC), 51.48, 15.1),  # 90 - 51.48 - 23.44
    ],
)
def test_noon_at_greenwich(at: datetime, latitude: float, expected: float) -> None:
    """At true noon the height is 90 degrees less the distance to the sun's declination."""
    assert elevation_deg(at, latitude=latitude, longitude=0.0) == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize(
    ("hour", "minute", "light"), [(7, 54, False), (8, 14, True), (15, 43, True), (16, 3, False)]
)
def test_london_in_midwinter(hour: int, minute: int, light: bool) -> None:
    """On 21 December the sun is up in London from 08:04 to 15:53."""
    at = datetime(2026, 12, 21, hour, minute, tzinfo=UTC)
    assert is_light(at, latitude=51.507, longitude=-0.128) is light


@given(hour=st.integers(0, 23))
def test_polar_day_and_night(hour: int) -> None:
    """In Tromsø the sun neither sets in June nor rises in December, and nothing fails."""
    june, december = (datetime(2026, month, 21, hour, tzinfo=UTC) for month in (6, 12))
    assert is_light(june, latitude=69.65, longitude=18.96)
    assert not is_light(december, latitude=69.65, longitude=18.96)

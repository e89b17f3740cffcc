# SPDX-License-Identifier: Apache-2.0
"""Daytime: one instant from different places."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.daytime import Daytime, days_to_pay

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday


@pytest.fixture(scope="module")
def daytime() -> Daytime:
    """The adapter with its default settings."""
    return Daytime()


def in_zone(zone: object) -> dict[str, object]:
    """A request from a time zone."""
    return {"location": {"time_zone": zone}}


@pytest.mark.parametrize(
    ("zone", "part", "weekday", "weekend"),
    [
        ("Europe/Berlin", "afternoon", "saturday", "yes"),
        ("America/Los_Angeles", "night", "saturday", "yes"),
        ("Asia/Tokyo", "evening", "saturday", "yes"),
        ("Pacific/Kiritimati", "night", "sunday", "yes"),
    ],
)
def test_local_time(daytime: Daytime, zone: str, part: str, weekday: str, weekend: str) -> None:
    """The same instant is another part of the day, or another day, elsewhere."""
    known = daytime.features(in_zone(zone), at=NOON)
    assert [known[name] for name in ("part", "weekday", "weekend", "clock")] == [
        part,
        weekday,
        weekend,
        "local",
    ]


def test_the_top_level_time_zone_counts_too(daytime: Daytime) -> None:
    """A caller may give the time zone beside or inside the location; inside wins, if it is one."""
    tokyo = daytime.features(in_zone("Asia/Tokyo"), at=NOON)
    assert daytime.features({"time_zone": "Asia/Tokyo"}, at=NOON) == tokyo
    assert daytime.features({"time_zone": "UTC", **in_zone("Asia/Tokyo")}, at=NOON) == tokyo
    assert daytime.features({"time_zone": "Asia/Tokyo", **in_zone("Mars/Olympus")}, at=NOON) == tokyo


@pytest.mark.parametrize(
    "zone", [None, 3, "", "Mars/Olympus", "America", "../../etc/passwd", "\ud800", ["UTC"]]
)
def test_unknown_zone_is_utc_and_says_so(daytime: Daytime, zone: object) -> None:
    """Without a known time zone the hour is UTC's, and `clock` marks it."""
    known = daytime.features(in_zone(zone), at=NOON)
    assert known["clock"] == "utc"
    assert known["part"] == "afternoon"


@given(minutes=st.integers(0, 7 * 24 * 60 - 1))
def test_cycles_lie_on_the_unit_circle(daytime: Daytime, minutes: int) -> None:
    """Hour and weekday are points on a circle: midnight touches midnight, Sunday touches Monday."""
    known = daytime.features({}, at=NOON + timedelta(minutes=minutes))
    for name in ("hour", "weekday"):
        assert math.hypot(float(known[f"{name}_sin"]), float(known[f"{name}_cos"])) == pytest.approx(1.0)


def test_midnight_is_near_midnight(daytime: Daytime) -> None:
    """A quarter before and at midnight the cycles differ little."""
    midnight = datetime(2026, 11, 23, tzinfo=UTC)  # Sunday to Monday
    before, after = (daytime.features({}, at=midnight + timedelta(minutes=m)) for m in (-1, 0))
    for name in ("hour_sin", "hour_cos", "weekday_sin", "weekday_cos"):
        assert before[name] == pytest.approx(after[name], abs=0.07)


@pytest.mark.parametrize(
    ("month", "latitude", "season"),
    [
        (1, 52.5, "winter"), (3, 52.5, "spring"), (7, 52.5, "summer"), (11, 52.5, "autumn"),
        (12, 52.5, "winter"),
        (1, -33.9, "summer"), (3, -33.9, "autumn"), (7, -33.9, "winter"), (12, -33.9, "summer"),
    ],
)  # fmt: skip
def test_seasons(daytime: Daytime, month: int, latitude: float, season: str) -> None:
    """South of the equator the seasons are half a year apart."""
    at = datetime(2026, month, 15, tzinfo=UTC)
    assert daytime.features({"location": {"latitude": latitude}}, at=at)["season"] == season


@pytest.mark.parametrize("latitude", [None, "52 N", True, 91, float("nan"), float("inf"), 10**400])
def test_no_season_without_a_latitude(daytime: Daytime, latitude: object) -> None:
    """What is no latitude gives no hemisphere, so no season, and a reason."""
    request = {"location": {"latitude": latitude}}
    assert "season" not in daytime.features(request, at=NOON)
    assert "hemisphere" in daytime.why_missing(request, at=NOON)


def test_clock_change(daytime: Daytime) -> None:
    """Daylight saving moves the local hour: 10:30 UTC in New York is night in winter, morning in summer."""
    winter = daytime.features(in_zone("America/New_York"), at=datetime(2026, 1, 15, 10, 30, tzinfo=UTC))
    summer = daytime.features(in_zone("America/New_York"), at=datetime(2026, 7, 15, 10, 30, tzinfo=UTC))
    assert (winter["part"], summer["part"]) == ("night", "morning")


def test_memo_is_by_quarter_of_an_hour() -> None:
    """Requests of the same quarter share one entry."""
    fresh = Daytime()
    for second in range(0, 900, 60):
        fresh.features({}, at=NOON + timedelta(seconds=second))
    assert fresh._describe.cache_info().currsize == 1


@pytest.mark.parametrize(("country", "weekend"), [("SA", "no"), ("DE", "yes"), (None, "yes")])
def test_weekends_differ(daytime: Daytime, country: object, weekend: str) -> None:
    """Sunday is a working day in Saudi Arabia."""
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert daytime.features({"location": {"country": country}}, at=sunday)["weekend"] == weekend


def test_light_needs_both_coordinates(daytime: Daytime) -> None:
    """At noon UTC it is day in London and dark in Auckland; with a latitude alone nobody knows."""
    london = daytime.features({"location": {"latitude": 51.5, "longitude": -0.1}}, at=NOON)
    auckland = daytime.features({"location": {"latitude": -36.8, "longitude": 174.8}}, at=NOON)
    assert (london["light"], auckland["light"]) == ("day", "dark")
    assert "light" not in daytime.features({"location": {"latitude": 51.5}}, at=NOON)


@pytest.mark.parametrize(
    ("date", "pay_days", "days"),
    [
        ((2026, 11, 30), (31,), 0), ((2026, 11, 1), (31,), 29), ((2028, 2, 28), (31,), 1),
        ((2026, 11, 20), (1, 15), 11), ((2026, 12, 20), (1, 15), 12), ((2026, 11, 15), (1, 15), 0),
        ((2026, 1, 31), (30,), 28), ((2026, 1, 30), (30,), 0),
    ],
)  # fmt: skip
def test_pay_days(date: tuple[int, int, int], pay_days: tuple[int, ...], days: int) -> None:
    """The distance to the next pay day, where a day past the month's end means its last day."""
    assert days_to_pay(datetime(*date, tzinfo=UTC), pay_days=pay_days) == days


@pytest.mark.parametrize("pay_days", [(), (0,), (32,), ("1",)])
def test_refuses_pay_days(pay_days: tuple[int, ...]) -> None:
    """Pay days that no month has are refused."""
    with pytest.raises(ValueError, match=r"context\.daytime\.pay_days: got .* allowed"):
        Daytime(pay_days=pay_days)

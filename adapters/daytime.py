# SPDX-License-Identifier: Apache-2.0
"""What time it is where the visitor is: hour and weekday as cycles, part of day, season, light, pay day."""

from __future__ import annotations

import calendar
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar

from adapters.moment import seconds
from adapters.place import Places, StatedPlaces
from adapters.protocol import Field, Purpose, Value
from adapters.sun import is_light
from adapters.timezones import timezones

QUARTER_S = 900  # every zone's offset is a multiple of a quarter of an hour today
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PARTS = ("night", "morning", "afternoon", "evening")  # six hours each, from midnight
SEASONS = ("winter", "spring", "summer", "autumn")  # meteorological: winter starts on the first of December

SATURDAY_SUNDAY = frozenset({5, 6})
FRIDAY_SATURDAY = (
    "BD", "BH", "DZ", "EG", "IL", "IQ", "JO", "KW", "LY", "MV", "OM", "PS", "QA", "SA", "SD", "SY", "YE",
)  # fmt: skip
WEEKENDS = {
    **dict.fromkeys(FRIDAY_SATURDAY, frozenset({4, 5})),
    "BN": frozenset({4, 6}),
    "IR": frozenset({4}),
    "NP": frozenset({5}),
}


class Daytime:
    """Reads the place of a request for its time zone, hemisphere and weekend; without a zone it is UTC."""

    name: ClassVar[str] = "daytime"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="hour_sin", kind="number", low=-1.0, high=1.0, unit="sine of the local day's angle"),
        Field(name="hour_cos", kind="number", low=-1.0, high=1.0, unit="cosine of the local day's angle"),
        Field(name="weekday_sin", kind="number", low=-1.0, high=1.0, unit="sine of the local week's angle"),
        Field(name="weekday_cos", kind="number", low=-1.0, high=1.0, unit="cosine of the local week's angle"),
        Field(name="part", kind="category", levels=PARTS),
        Field(name="weekday", kind="category", levels=WEEKDAYS),
        Field(name="weekend", kind="category", levels=("yes", "no")),
        Field(name="payday_days", kind="number", high=31.0, unit="days until the next pay day"),
        Field(name="clock", kind="category", levels=("local", "utc")),
        Field(name="season", kind="category", levels=SEASONS, purpose="location"),
        Field(name="light", kind="category", levels=("day", "dark"), purpose="location"),
    )
    inputs: ClassVar[Mapping[str, Purpose]] = {"location": "location", "time_zone": "location"}
    problem: ClassVar[str] = ""

    def __init__(
        self, *, pay_days: Sequence[int] = (31,), memo: int = 8192, places: Places | None = None
    ) -> None:
        """Take the settings.

        Args:
            pay_days: days of the month on which people are paid; one past its end means its last day.
            memo: how many combinations of zone, quarter of an hour and whole degrees of coordinates.
            places: tells the place of a request; else what the caller states.
        """
        for day in pay_days:
            if not isinstance(day, int) or not 1 <= day <= 31:
                raise ValueError(f"context.daytime.pay_days: got {day!r}; allowed 1 to 31")
        if not pay_days:
            raise ValueError("context.daytime.pay_days: got none; allowed one or more days, 1 to 31")
        self._pay_days = tuple(sorted(pay_days))
        self._places = StatedPlaces() if places is None else places
        self._describe = lru_cache(maxsize=memo)(self._describe_quarter)

    def features(self, request: Mapping[str, object], *, at: datetime) -> Mapping[str, Value]:
        """See `adapters.protocol.Adapter`."""
        place = self._places.place(request)
        # Whole degrees keep the memo small: one of them moves sunset by 4 minutes.
        latitude = None if place.latitude is None else round(place.latitude)
        longitude = None if place.longitude is None else round(place.longitude)
        south = None if place.latitude is None else place.latitude < 0
        weekend = WEEKENDS.get(place.country, SATURDAY_SUNDAY)
        quarter = int(seconds(at) // QUARTER_S)
        return self._describe(place.time_zone, quarter, weekend, south, latitude, longitude)

    def why_missing(self, request: Mapping[str, object], *, at: datetime) -> str:
        """See `adapters.protocol.Adapter`."""
        if len(self.features(request, at=at)) == len(self.fields):
            return ""
        return "without coordinates neither the hemisphere, so the season, nor the sun's height is known"

    async def refresh(self) -> None:
        """Nothing to do: all time zones are in memory."""

    def _describe_quarter(
        self,
        zone: str,
        quarter: int,
        weekend: frozenset[int],
        south: bool | None,
        latitude: int | None,
        longitude: int | None,
    ) -> Mapping[str, Value]:
        try:
            at = datetime.fromtimestamp(quarter * QUARTER_S, timezones()[zone] if zone else UTC)
        except (OverflowError, ValueError):  # local time falls out of the years 1 to 9999
            return MappingProxyType({})
        day = (at.hour + at.minute / 60) / 24
        week = (at.weekday() + day) / 7
        known: dict[str, Value] = {
            "hour_sin": math.sin(2 * math.pi * day),
            "hour_cos": math.cos(2 * math.pi * day),
            "weekday_sin": math.sin(2 * math.pi * week),
            "weekday_cos": math.cos(2 * math.pi * week),
            "part": PARTS[at.hour // 6],
            "weekday": WEEKDAYS[at.weekday()],
            "weekend": "yes" if at.weekday() in weekend else "no",
            "payday_days": float(days_to_pay(at, pay_days=self._pay_days)),
            "clock": "local" if zone else "utc",
        }
        if south is not None:
            known["season"] = SEASONS[(at.month % 12 // 3 + 2 * south) % 4]
        if latitude is not None and longitude is not None:
            known["light"] = "day" if is_light(at, latitude=latitude, longitude=longitude) else "dark"
        return MappingProxyType(known)


def days_to_pay(at: datetime, *, pay_days: Sequence[int]) -> int:
    """Days from the date to the next pay day, 0 on one; `pay_days` ascend."""
    length = calendar.monthrange(at.year, at.month)[1]
    for day in pay_days:
        if min(day, length) >= at.day:
            return min(day, length) - at.day
    following = calendar.monthrange(at.year + at.month // 12, at.month % 12 + 1)[1]
    return length - at.day + min(pay_days[0], following)

# SPDX-License-Identifier: Apache-2.0
"""What time it is where the visitor is: hour and weekday as cycles, part of day, weekend, season."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar

from adapters.protocol import Field, Purpose, Value
from adapters.timezones import timezones

QUARTER_S = 900  # every zone's offset is a multiple of a quarter of an hour today
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PARTS = ("night", "morning", "afternoon", "evening")  # six hours each, from midnight
SEASONS = ("winter", "spring", "summer", "autumn")  # meteorological: winter starts on the first of December


class Daytime:
    """Reads `location.time_zone` or `time_zone`, and `location.latitude` for the season's hemisphere."""

    name: ClassVar[str] = "daytime"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="hour_sin", kind="number", low=-1.0, high=1.0, unit="sine of the local day's angle"),
        Field(name="hour_cos", kind="number", low=-1.0, high=1.0, unit="cosine of the local day's angle"),
        Field(name="weekday_sin", kind="number", low=-1.0, high=1.0, unit="sine of the local week's angle"),
        Field(name="weekday_cos", kind="number", low=-1.0, high=1.0, unit="cosine of the local week's angle"),
        Field(name="part", kind="category", levels=PARTS),
        Field(name="weekday", kind="category", levels=WEEKDAYS),
        Field(name="weekend", kind="category", levels=("yes", "no")),
        Field(name="season", kind="category", levels=SEASONS, purpose="location"),
        Field(name="clock", kind="category", levels=("local", "utc")),
    )
    inputs: ClassVar[Mapping[str, Purpose]] = {"location": "location", "time_zone": "location"}

    def __init__(self, *, memo: int = 4096) -> None:
        """Args: memo: how many pairs of time zone and quarter of an hour are remembered."""
        self._zones = timezones()
        self._describe = lru_cache(maxsize=memo)(self._describe_quarter)

    def features(self, request: Mapping[str, object], *, at: datetime) -> Mapping[str, Value]:
        """See `adapters.protocol.Adapter`."""
        place = request.get("location")
        zone, south = None, None
        if isinstance(place, Mapping):
            zone, south = self._known(place.get("time_zone")), southern(place.get("latitude"))
        zone = zone or self._known(request.get("time_zone"))
        return self._describe(zone, int(at.timestamp() // QUARTER_S), south)

    def why_missing(self, request: Mapping[str, object], *, at: datetime) -> str:
        """See `adapters.protocol.Adapter`."""
        known = self.features(request, at=at)
        return "" if "season" in known else "without a latitude the hemisphere, so the season, is not known"

    async def refresh(self) -> None:
        """Nothing to do: all time zones are in memory."""

    def _known(self, zone: object) -> str | None:
        return zone if isinstance(zone, str) and zone in self._zones else None

    def _describe_quarter(self, zone: str | None, quarter: int, south: bool | None) -> Mapping[str, Value]:
        try:
            at = datetime.fromtimestamp(quarter * QUARTER_S, UTC if zone is None else self._zones[zone])
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
            "weekend": "yes" if at.weekday() >= 5 else "no",
            "clock": "utc" if zone is None else "local",
        }
        if south is not None:
            known["season"] = SEASONS[(at.month % 12 // 3 + 2 * south) % 4]
        return MappingProxyType(known)


def southern(latitude: object) -> bool | None:
    """Whether a latitude in degrees lies south of the equator; None if it is no latitude."""
    if isinstance(latitude, bool) or not isinstance(latitude, int | float) or not -90 <= latitude <= 90:
        return None
    return latitude < 0

# SPDX-License-Identifier: Apache-2.0
"""The Norwegian Meteorological Institute: Locationforecast 2.0, compact."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from adapters.answers import at_path, number
from adapters.fetching import Request
from adapters.weather_providers.observation import Observation, apparent_c, observed

# In this order: "heavysnowshowersandthunder" is thunder, "sleet" is nearer to snow than to rain.
CONDITION_OF_PART = (
    ("thunder", "thunder"),
    ("snow", "snow"),
    ("sleet", "snow"),
    ("lightrain", "drizzle"),
    ("rain", "rain"),
    ("fog", "fog"),
    ("cloudy", "cloudy"),
    ("fair", "clear"),
    ("clearsky", "clear"),
)


class MetNo:
    """Free for all who say who they are; what is not modified is not sent again."""

    name: ClassVar[str] = "met-no"
    url: ClassVar[str] = "https://api.met.no/weatherapi/locationforecast/2.0/compact"
    needs_key: ClassVar[bool] = False
    per_minute: ClassVar[int] = 600  # theirs is 20 a second over all installations of one application
    per_day: ClassVar[int] = 50_000
    attribution: ClassVar[str] = "Weather data from MET Norway"
    terms: ClassVar[str] = "CC BY 4.0; callers must identify themselves with a contact (setting agent)"

    def request(
        self,
        *,
        url: str,
        key: str,  # noqa: ARG002 (there are none)
        latitude: float,
        longitude: float,
    ) -> Request:
        """See `Provider`."""
        return Request(url=url, params={"lat": f"{latitude:.2f}", "lon": f"{longitude:.2f}"})

    def read(self, data: object, *, now: float) -> Observation:
        """See `Provider`."""
        entry = _entry_at(at_path(data, "properties", "timeseries"), now)
        details = at_path(entry, "data", "instant", "details")
        temp_c, wind_ms = number(at_path(details, "air_temperature")), number(at_path(details, "wind_speed"))
        coming = at_path(entry, "data", "next_1_hours")
        symbol = at_path(coming, "summary", "symbol_code")
        humidity = number(at_path(details, "relative_humidity"))
        return observed(
            temp_c=temp_c,
            feels_c=apparent_c(temp_c=temp_c, humidity=humidity, wind_ms=wind_ms),
            precipitation_mm=at_path(coming, "details", "precipitation_amount"),
            wind_ms=wind_ms,
            condition=_condition(symbol) if isinstance(symbol, str) else "unknown",
        )


def _entry_at(series: object, now: float) -> object:
    """The last entry that has begun, else the first: a cached answer also holds the hours to come."""
    if not isinstance(series, list) or not series:
        raise ValueError("no timeseries in the answer")
    current = series[0]
    for entry in series[1:]:
        begins = at_path(entry, "time")
        try:
            begun = isinstance(begins, str) and datetime.fromisoformat(begins).timestamp() <= now
        except (ValueError, OverflowError):
            begun = False
        if not begun:
            break
        current = entry
    return current


def _condition(symbol: str) -> str:
    return next((level for part, level in CONDITION_OF_PART if part in symbol), "unknown")

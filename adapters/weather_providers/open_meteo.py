# SPDX-License-Identifier: Apache-2.0
"""Open-Meteo: the forecast API's current weather."""

from __future__ import annotations

from typing import ClassVar

from adapters.answers import at_path, number
from adapters.fetching import Request
from adapters.weather_providers.observation import Observation, observed

UNITS = {
    "temperature_2m": "°C",
    "apparent_temperature": "°C",
    "precipitation": "mm",
    "wind_speed_10m": "m/s",
}

# Weather codes of the WMO (table 4677) as far as Open-Meteo documents them.
CONDITION_OF = {
    0: "clear", 1: "clear", 2: "cloudy", 3: "cloudy", 45: "fog", 48: "fog",
    51: "drizzle", 53: "drizzle", 55: "drizzle", 56: "drizzle", 57: "drizzle",
    61: "rain", 63: "rain", 65: "rain", 66: "rain", 67: "rain", 80: "rain", 81: "rain", 82: "rain",
    71: "snow", 73: "snow", 75: "snow", 77: "snow", 85: "snow", 86: "snow",
    95: "thunder", 96: "thunder", 99: "thunder",
}  # fmt: skip


class OpenMeteo:
    """Free without a key for non-commercial use; paid hosts take a key, and it can be self-hosted."""

    name: ClassVar[str] = "open-meteo"
    url: ClassVar[str] = "https://api.open-meteo.com/v1/forecast"
    needs_key: ClassVar[bool] = False
    per_minute: ClassVar[int] = 600
    per_day: ClassVar[int] = 10_000
    attribution: ClassVar[str] = "Weather data by Open-Meteo.com"
    terms: ClassVar[str] = "CC BY 4.0; the free host is for non-commercial use only"

    def request(self, *, url: str, key: str, latitude: float, longitude: float) -> Request:
        """See `Provider`."""
        params = {
            "latitude": f"{latitude:.2f}",
            "longitude": f"{longitude:.2f}",
            "current": ",".join([*UNITS, "weather_code"]),
            "wind_speed_unit": "ms",
            "timeformat": "unixtime",
        }
        return Request(url=url, params={**params, "apikey": key} if key else params)

    def read(self, data: object, *, now: float) -> Observation:  # noqa: ARG002 (it is the weather now)
        """See `Provider`."""
        for name, unit in UNITS.items():
            if at_path(data, "current_units", name) not in (unit, None):
                raise ValueError(f"{name} is not in {unit}")
        current = at_path(data, "current")
        code, interval_s = number(at_path(current, "weather_code")), number(at_path(current, "interval"))
        amount = number(at_path(current, "precipitation"))
        if amount is not None and interval_s is not None and 60 <= interval_s < 3600:
            amount *= 3600 / interval_s  # the sum of the last interval, as a rate by the hour
        return observed(
            temp_c=at_path(current, "temperature_2m"),
            feels_c=at_path(current, "apparent_temperature"),
            precipitation_mm=amount,
            wind_ms=at_path(current, "wind_speed_10m"),
            condition="unknown" if code is None else CONDITION_OF.get(int(code), "unknown"),
        )

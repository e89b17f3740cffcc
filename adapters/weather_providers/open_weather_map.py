# SPDX-License-Identifier: Apache-2.0
"""OpenWeatherMap: the current weather API, version 2.5."""

from __future__ import annotations

from typing import ClassVar

from adapters.answers import at_path, number
from adapters.fetching import Request
from adapters.weather_providers.observation import Observation, observed

CONDITION_OF_HUNDRED = {2: "thunder", 3: "drizzle", 5: "rain", 6: "snow", 7: "fog", 8: "cloudy"}


class OpenWeatherMap:
    """Needs a key; the free plan allows 60 calls a minute and a million a month."""

    name: ClassVar[str] = "openweathermap"
    url: ClassVar[str] = "https://api.openweathermap.org/data/2.5/weather"
    needs_key: ClassVar[bool] = True
    per_minute: ClassVar[int] = 60
    per_day: ClassVar[int] = 32_000
    attribution: ClassVar[str] = "Weather data provided by OpenWeather"
    terms: ClassVar[str] = "as your plan with OpenWeather says; attribution is required on the free one"

    def request(self, *, url: str, key: str, latitude: float, longitude: float) -> Request:
        """See `Provider`."""
        where = {"lat": f"{latitude:.2f}", "lon": f"{longitude:.2f}"}
        return Request(url=url, params={**where, "units": "metric", "appid": key})

    def read(self, data: object, *, now: float) -> Observation:  # noqa: ARG002 (it is the weather now)
        """See `Provider`."""
        if str(at_path(data, "cod")) != "200":
            raise ValueError("cod is not 200")
        code = number(at_path(data, "weather", 0, "id"))
        condition = CONDITION_OF_HUNDRED.get(int(code) // 100, "unknown") if code is not None else "unknown"
        falls = [number(at_path(data, kind, "1h")) for kind in ("rain", "snow")]
        return observed(
            temp_c=at_path(data, "main", "temp"),
            feels_c=at_path(data, "main", "feels_like"),
            precipitation_mm=sum(fall for fall in falls if fall is not None),  # absent means dry
            wind_ms=at_path(data, "wind", "speed"),
            condition="clear" if code in (800, 801) else condition,
        )

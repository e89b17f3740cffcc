# SPDX-License-Identifier: Apache-2.0
"""What all weather providers are reduced to: four numbers in fixed units and one of eight conditions."""

from __future__ import annotations

import math
from typing import ClassVar, NamedTuple, Protocol

from adapters.answers import number
from adapters.fetching import Request

CONDITIONS = ("clear", "cloudy", "fog", "drizzle", "rain", "snow", "thunder", "unknown")

# Beyond these nothing has been measured on this planet: such a number is wrong, most likely in its unit.
PLAUSIBLE = {
    "temp_c": (-90.0, 60.0),
    "feels_c": (-110.0, 85.0),
    "precipitation_mm": (0.0, 400.0),
    "wind_ms": (0.0, 115.0),
}


class Observation(NamedTuple):
    """Weather at a place; None or `unknown` where the provider does not tell.

    Args:
        temp_c: air temperature, degrees Celsius.
        feels_c: apparent temperature, degrees Celsius.
        precipitation_mm: in an hour, rain and melted snow.
        wind_ms: metres per second.
        condition: one of CONDITIONS.
        implausible: names of the numbers that were out of range and therefore left out.
    """

    temp_c: float | None = None
    feels_c: float | None = None
    precipitation_mm: float | None = None
    wind_ms: float | None = None
    condition: str = "unknown"
    implausible: tuple[str, ...] = ()


class Provider(Protocol):
    """A weather service: how it is asked and how its answer is read."""

    name: ClassVar[str]
    url: ClassVar[str]
    needs_key: ClassVar[bool]
    per_minute: ClassVar[int]
    per_day: ClassVar[int]
    attribution: ClassVar[str]
    terms: ClassVar[str]

    def request(self, *, url: str, key: str, latitude: float, longitude: float) -> Request:
        """What to ask for the weather now at a place."""
        ...

    def read(self, data: object, *, now: float) -> Observation:
        """Reduce the answer.

        Raises: ValueError when it is not of the documented shape.
        """
        ...


def observed(*, condition: str, **numbers: object) -> Observation:
    """Check the numbers one by one; a missing one is None, an implausible one is None and named.

    Raises: ValueError when neither temperature nor wind is there: then it is no weather.
    """
    good: dict[str, float | None] = {}
    implausible = []
    for name, value in numbers.items():
        good[name] = number(value)
        low, high = PLAUSIBLE[name]
        given = good[name]
        if given is not None and not low <= given <= high:
            good[name] = None
            implausible.append(name)
    if good.get("temp_c") is None and good.get("wind_ms") is None and not implausible:
        raise ValueError("neither temperature nor wind in the answer")
    return Observation(**good, condition=condition, implausible=tuple(implausible))


def apparent_c(*, temp_c: float | None, humidity: float | None, wind_ms: float | None) -> float | None:
    """Apparent temperature in the shade (Steadman 1994, as used by the Australian Bureau of Meteorology).

    Args: humidity: relative, per cent.
    """
    if temp_c is None or humidity is None or wind_ms is None or not -90 <= temp_c <= 60:
        return None
    vapour_hpa = humidity / 100 * 6.105 * math.exp(17.27 * temp_c / (237.7 + temp_c))
    return temp_c + 0.33 * vapour_hpa - 0.70 * wind_ms - 4.00

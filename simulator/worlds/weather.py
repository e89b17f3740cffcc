# SPDX-License-Identifier: Apache-2.0
"""A world in which winter promos work in snow and sunscreen in sun: skies, cities, and who clicks what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from random import Random

import msgspec
import yaml

PROMOS = files("simulator.worlds") / "weather_promos.yaml"
TASTES = files("simulator.worlds") / "weather_tastes.yaml"
PLACEMENT = "weather-hero"

AGENTS = {
    "phone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.3 Mobile/15E148 Safari/604.1",
    "desktop": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/134.0.0.0 Safari/537.36",
}

CITIES: Mapping[str, tuple[float, float]] = {
    "oslo": (59.91, 10.75),
    "rome": (41.90, 12.48),
    "london": (51.51, -0.13),
    "montreal": (45.50, -73.57),
    "miami": (25.76, -80.19),
    "seattle": (47.61, -122.33),
    "sapporo": (43.06, 141.35),
    "lisbon": (38.72, -9.14),
    "bergen": (60.39, 5.32),
}
"""Latitude and longitude in degrees, each city in a cell of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sky:
    """Weather over a city.

    Args:
        code: of the WMO (table 4677).
        temp_c, feels_c: degrees Celsius.
        precipitation_mm: in the last quarter of an hour.
        wind_ms: metres per second.
    """

    name: str
    code: int
    temp_c: float
    feels_c: float
    precipitation_mm: float
    wind_ms: float


SKIES: tuple[Sky, ...] = (
    Sky(name="snow", code=73, temp_c=-4.0, feels_c=-9.5, precipitation_mm=0.3, wind_ms=5.0),
    Sky(name="sun", code=0, temp_c=28.0, feels_c=29.0, precipitation_mm=0.0, wind_ms=2.0),
    Sky(name="rain", code=63, temp_c=9.0, feels_c=6.0, precipitation_mm=1.1, wind_ms=7.0),
)


class Skies:
    """What the sky is over each city: a third of them each has snow, sun and rain, until it moves on."""

    def __init__(self) -> None:
        self.turn = 0

    def move_on(self) -> None:
        """Give every city the next sky: rain where there was sun, snow where there was rain."""
        self.turn += 1

    def over(self, city: str) -> Sky:
        """The sky over a city now."""
        return SKIES[(list(CITIES).index(city) + self.turn) % len(SKIES)]

    def at(self, latitude: float, longitude: float) -> Sky:
        """The sky at coordinates: that of the nearest city."""
        place = latitude, longitude
        return self.over(min(CITIES, key=lambda city: _apart(CITIES[city], place)))


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody looks at the page; `luck`, from 0 to 1, is below the rate of whatever they would click."""

    user: str
    city: str
    form_factor: str
    luck: float

    @property
    def context(self) -> dict[str, object]:
        """What a front end sends of the visitor."""
        latitude, longitude = CITIES[self.city]
        return {
            "device": {"user_agent": AGENTS[self.form_factor]},
            "location": {"city": self.city, "latitude": latitude, "longitude": longitude},
        }


def visits(*, seed: int) -> Iterator[Visit]:
    """An endless stream of visits, the same for the same seed."""
    chance = Random(f"visits {seed}")
    cities, forms = list(CITIES), list(AGENTS)
    while True:
        user = f"visitor-{chance.randrange(5_000)}"
        yield Visit(user, chance.choice(cities), chance.choice(forms), chance.random())


class Taste(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a promo is clicked: under any sky, or under those where it is otherwise."""

    rate: float
    under: dict[str, float] = {}


class World:
    """The placement of the story, and the hidden rates at which its promos are clicked."""

    def __init__(self) -> None:
        self._placement: dict[str, object] = yaml.safe_load(PROMOS.read_text("utf-8"))["placements"][
            PLACEMENT
        ]
        self._tastes = msgspec.convert(yaml.safe_load(TASTES.read_text("utf-8")), dict[str, Taste])

    def rate(self, promo: str, sky: Sky) -> float:
        """The probability of a click."""
        taste = self._tastes[promo]
        return taste.under.get(sky.name, taste.rate)

    def best(self, sky: Sky) -> float:
        """What the best promo under a sky earns."""
        return max(self.rate(promo, sky) for promo in self._tastes)

    def placement(self, fields: Mapping[str, object]) -> dict[str, object]:
        """The placement as HTTP takes it, with these fields and the adapters that fill them."""
        adapters = list(dict.fromkeys(name.partition(".")[0] for name in fields))
        return {**self._placement, "context": adapters, "features": {"fields": dict(fields)}}

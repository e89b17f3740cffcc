# SPDX-License-Identifier: Apache-2.0
"""What a caller says of a place: each part is understood, or refused with a reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from adapters.countries import KNOWN, TWO_OF
from adapters.timezones import timezones

REGION = re.compile(r"[A-Z0-9]{1,3}")
# Letters of any script and what stands between them in names; digits and @ would let addresses through.
CITY = re.compile(r"[^\W\d_]+(?:[ .'’\-]{1,2}[^\W\d_]+)*\.?")
NUMBER = re.compile(r"[+-]?(?:\d{1,3}\.?\d{0,20}|\.\d{1,20})")
LONGEST_CITY = 48
# What a refusal may repeat: a country's code, a region's code, or both. What is personal is longer.
CODE = re.compile(r"[A-Za-z0-9]{1,3}(?:-[A-Za-z0-9]{1,3})?")
FINE = 100  # parts of a degree: about 1 km
LONGEST_COUNTRY = 40
COUNTRY = "an ISO 3166-1 code such as DE or DEU"


class Said(NamedTuple):
    """What could be understood; empty or None where it could not, or was not said.

    Args: refused: why a part cannot be used, by the input's name; never a value that may be about a person.
    """

    country: str
    region: str
    city: str
    latitude: float | None
    longitude: float | None
    time_zone: str
    refused: Mapping[str, str]


def said_of(request: Mapping[str, object]) -> Said:
    """Read `location` and `time_zone` of a request, whatever stands there."""
    refused: dict[str, str] = {}
    location = request.get("location")
    if location is not None and not isinstance(location, dict):
        refused["location"] = "got something else; allowed an object with country, ip and the like"
    if not isinstance(location, dict):
        location = {}
    get = location.get
    country = country_code(get("country"))
    if not country and _given(get("country")):
        refused["location.country"] = f"got {_shown(get('country'))}; allowed {COUNTRY}"
    region = ""
    if _given(get("region")):
        country, region = _region(get("region"), country, refused)
    city = city_name(get("city"))
    if not city and _given(get("city")):
        refused["location.city"] = "got what is no city's name; allowed letters, up to 48 characters"
    latitude = _angle(get("latitude"), "latitude", 90, refused)
    longitude = _angle(get("longitude"), "longitude", 180, refused)
    if refused and not refused.keys().isdisjoint(("location.latitude", "location.longitude")):
        latitude = longitude = None
    zone = _zone(get("time_zone"), "location.time_zone", refused)
    outer = _zone(request.get("time_zone"), "time_zone", refused)
    return Said(country, region, city, latitude, longitude, zone or outer, refused)


def zone_name(name: object) -> str:
    """The value as a time zone's name, whatever its case; empty if there is no such zone."""
    if not isinstance(name, str):
        return ""
    return name if name in timezones() else _zones_by_small_name().get(name.strip().lower(), "")


def degrees(value: object, *, limit: float) -> float | None:
    """The value, or the number that a text spells, as an angle within the limit; None if it is none."""
    if isinstance(value, str) and NUMBER.fullmatch(text := value.strip()):
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -limit <= value <= limit:
        return None
    return round(value * FINE) / FINE


def country_code(value: object) -> str:
    """The value as a country's code of two letters, empty if it is no code in use."""
    if not isinstance(value, str) or len(value) > LONGEST_COUNTRY:
        return ""
    word = value.strip().upper()
    return word if word in KNOWN else TWO_OF.get(word, "")


def region_code(value: object) -> str:
    """The value as a region's code, empty if it cannot be one."""
    word = value.strip().upper() if isinstance(value, str) and len(value) <= 8 else ""
    return word if REGION.fullmatch(word) else ""


def city_name(value: object) -> str:
    """The value as a city's name in lower case, empty if it cannot be one."""
    word = value.strip().lower() if isinstance(value, str) and len(value) <= LONGEST_CITY else ""
    return word if CITY.fullmatch(word) else ""


@lru_cache(maxsize=1)
def _zones_by_small_name() -> Mapping[str, str]:
    return {name.lower(): name for name in timezones()}


def _given(value: object) -> bool:
    """Whether something was said: null and a text of nothing say that it is not known."""
    return value is not None and not (isinstance(value, str) and not value.strip())


def _zone(given: object, name: str, refused: dict[str, str]) -> str:
    zone = zone_name(given) if given is not None else ""
    if not zone and _given(given):
        refused[name] = f"got {_shown(given)}; allowed an IANA name such as Europe/Berlin"
    return zone


def _region(given: object, country: str, refused: dict[str, str]) -> tuple[str, str]:
    """Country and region: the whole code (DE-BY) tells both."""
    before, hyphen, after = given.partition("-") if isinstance(given, str) else ("", "", "")
    region, owner = region_code(after if hyphen else given), country_code(before) if hyphen else country
    allowed = "the ISO 3166-2 code, such as DE-BY, or BY beside country DE"
    if region and owner and country in ("", owner):
        return owner, region
    if region and hyphen and owner:
        refused["location.region"] = f"got {_shown(given)} beside country {country}; allowed a region of it"
    elif region and not hyphen and "location.country" not in refused:
        refused["location.region"] = f"got {_shown(given)} without a country; allowed {allowed}"
    else:
        refused["location.region"] = f"got {_shown(given)}; allowed {allowed}"
    return country, ""


def _angle(given: object, name: str, limit: int, refused: dict[str, str]) -> float | None:
    angle = degrees(given, limit=limit)
    if angle is None and _given(given):
        refused[f"location.{name}"] = f"got no angle in range; allowed -{limit} to {limit} degrees"
    return angle


def _shown(value: object) -> str:
    """A text as it was said where it is as short as a code, else its length: it may be personal."""
    if not isinstance(value, str):
        return "what is no text"
    text = value.strip()
    return repr(text) if CODE.fullmatch(text) else f"a text of {len(value)} characters"

# SPDX-License-Identifier: Apache-2.0
"""Where a request comes from, as coarse as it is ever kept, and how the caller's own words become that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from adapters.stated import said_of

NO_LOCATION: dict[str, object] = {}
RAISED = 1000.0  # degrees
COARSE = 10  # parts of a degree that are kept: about 11 km
MOST_PLACES = 4096  # remembered at once
# What `source` is about: where one of these cannot be, it is refused.
NAMED_SOURCE = {"location", "location.country", "location.latitude", "location.longitude"}
RESOLVED = "place"  # key under which a request hands its `Place` from one adapter to the next


class Place(NamedTuple):
    """What is known of a place; empty or None where it is not.

    Args:
        country: ISO 3166-1 alpha-2 code.
        region: the part of its ISO 3166-2 code after the hyphen.
        city: lower case.
        latitude: degrees, rounded to a tenth.
        longitude: degrees, rounded to a tenth.
        time_zone: IANA name.
        zone_source: caller, database or coordinates.
        source: where country or coordinates come from: caller, database, or refused when what the caller says
            of them cannot be.
        cell: H3 index of the surroundings.
        refused: whether the caller said something that cannot be; `Places.refused` tells what.
    """

    country: str = ""
    region: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    time_zone: str = ""
    zone_source: str = ""
    source: str = ""
    cell: str = ""
    refused: bool = False


NOWHERE = Place()


class Places(Protocol):
    """Whoever can tell the place of a request."""

    def place(self, request: Mapping[str, object]) -> Place:
        """Read memory only; never raise."""
        ...

    def refused(self, request: Mapping[str, object]) -> Mapping[str, str]:
        """What of the request's place cannot be used, and why, by the name of the input."""
        ...


class StatedPlaces:
    """Knows what the caller says, and nothing more; remembers it, for thousands say the same."""

    def __init__(self) -> None:
        # By the hash of what was said: the words themselves hold addresses and exact coordinates.
        self._remembered: dict[int, Place] = {}

    def place(self, request: Mapping[str, object]) -> Place:
        """See `Places`."""
        found = request.get(RESOLVED)
        if type(found) is Place:
            return found
        said = hash_of_said(request)
        place = None if said is None else self._remembered.get(said)
        if place is None:
            place = coarse(stated_place(request))
            if said is not None:
                if len(self._remembered) >= MOST_PLACES:
                    self._remembered.clear()
                self._remembered[said] = place
        return place

    def refused(self, request: Mapping[str, object]) -> Mapping[str, str]:
        """See `Places`."""
        return said_of(request).refused


def hash_of_said(request: Mapping[str, object]) -> int | None:
    """A number for all that `stated_place` reads, unlike for unlike places; None where there is none."""
    location = request.get("location", NO_LOCATION)
    if not isinstance(location, dict):
        return None
    get = location.get
    latitude: Any = get("latitude")
    longitude: Any = get("longitude")
    try:
        # Raised, because -1 and -2 have the same hash; and true, which equals 1, is no angle.
        angles = (
            latitude if latitude is None else latitude + RAISED,
            longitude if longitude is None else longitude + RAISED,
            type(latitude),
            type(longitude),
        )
        return hash(
            (get("country"), get("region"), get("city"), get("time_zone"), request.get("time_zone"), angles)
        )
    except (TypeError, OverflowError):  # no numbers, or one with hundreds of digits
        return None


def stated_place(request: Mapping[str, object]) -> Place:
    """What the caller says in `location` and `time_zone`, each part checked; coordinates to 1 km."""
    if "location" not in request and "time_zone" not in request:
        return NOWHERE
    said = said_of(request)
    located = said.latitude is not None and said.longitude is not None
    source = "caller" if said.country or located else ""
    if not NAMED_SOURCE.isdisjoint(said.refused):
        source = "refused"
    # By position: this runs for every request, and names cost half a microsecond.
    return Place(
        said.country,
        said.region,
        said.city,
        said.latitude,
        said.longitude,
        said.time_zone,
        "caller" if said.time_zone else "",
        source,
        "",
        bool(said.refused),
    )


def coarse(place: Place) -> Place:
    """The same place with its coordinates rounded."""
    latitude, longitude = place.latitude, place.longitude
    if latitude is None and longitude is None:
        return place
    return place._replace(
        latitude=None if latitude is None else round(latitude * COARSE) / COARSE,
        longitude=None if longitude is None else round(longitude * COARSE) / COARSE,
    )

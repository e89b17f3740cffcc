# SPDX-License-Identifier: Apache-2.0
"""Where the visitor is: country, region, city and a coarse cell, from the caller or an IP address."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

from adapters.addresses import client_address, is_plain, proxies
from adapters.countries import COUNTRIES
from adapters.geo_database import INSTALL, GeoDatabase
from adapters.place import NOWHERE, RESOLVED, Place, coarse, hash_of_said, stated_place
from adapters.protocol import Field, Purpose, Value
from adapters.stated import said_of, zone_name

ZONE_SOURCES = ("caller", "database", "coordinates")
SOURCES = ("caller", "database", "refused")


class Location:
    """Reads `location.{country, region, city, latitude, longitude, time_zone, ip}` and `time_zone`.

    What the caller says wins; the database fills what the caller leaves out, if they agree on the country.
    """

    name: ClassVar[str] = "location"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="country", kind="category", levels=COUNTRIES, purpose="location"),
        Field(name="region", kind="category", purpose="location"),
        Field(name="city", kind="category", purpose="location"),
        Field(name="cell", kind="category", purpose="location"),
        Field(name="zone_source", kind="category", levels=ZONE_SOURCES, purpose="location"),
        Field(name="source", kind="category", levels=SOURCES, purpose="location"),
    )
    inputs: ClassVar[Mapping[str, Purpose]] = {"location": "location", "time_zone": "location"}

    def __init__(
        self,
        *,
        database: str = "",
        trusted_proxies: Sequence[str] = (),
        cell_resolution: int = 4,
        memo: int = 16_384,
    ) -> None:
        """Open the database, and the packages for cells and time zones where they are installed.

        Args:
            database: path of a MaxMind-format city or country file; none where empty.
            trusted_proxies: addresses and networks of the proxies that append to a list in `location.ip`.
            cell_resolution: of H3: 3 has 12,000 km2 a cell, 4 has 1,800, 5 has 250.
            memo: how many different places are remembered.
        """
        if not isinstance(cell_resolution, int) or not 0 <= cell_resolution <= 6:
            raise ValueError(f"context.location.cell_resolution: got {cell_resolution!r}; allowed 0 to 6")
        self._database = GeoDatabase(database) if database else None
        self._trusted = proxies(trusted_proxies, field="context.location.trusted_proxies")
        self._cell = _optional("h3", "latlng_to_cell")
        self._zone = _optional("tzfpy", "get_tz")
        self._resolution = cell_resolution
        self._places: dict[tuple[int, int, bool], tuple[Place, Place]] = {}
        self._most = memo
        self._finish = lru_cache(maxsize=memo)(self._finish_place)
        self._describe = lru_cache(maxsize=memo)(describe)
        self._finish(Place(latitude=51.5, longitude=-0.1), NOWHERE)  # both packages load their data now

    def place(self, request: Mapping[str, object]) -> Place:
        """See `adapters.place.Places`."""
        found = request.get(RESOLVED)
        if type(found) is Place:
            return found
        looked_up, unread = NOWHERE, False
        location = request.get("location")
        if self._database is not None and isinstance(location, dict) and location.get("ip"):
            address = self._address(location["ip"])
            looked_up, unread = self._database.lookup(address), not address
        said = hash_of_said(request)
        if said is None:
            return self._finish(_with(stated_place(request), unread), looked_up)
        key = said, id(looked_up), unread
        entry = self._places.get(key)
        if entry is None:
            if len(self._places) >= self._most:
                self._places.clear()
            # Kept with what was looked up: while that lives, nothing else can have its id.
            stated = _with(stated_place(request), unread)
            entry = self._places[key] = (self._finish(stated, looked_up), looked_up)
        return entry[0]

    def refused(self, request: Mapping[str, object]) -> Mapping[str, str]:
        """See `adapters.place.Places`."""
        refused = dict(said_of(request).refused)
        location = request.get("location")
        said = location.get("ip") if self._database is not None and isinstance(location, dict) else None
        if said and not self._address(said):
            refused["location.ip"] = "got what holds no IP address; allowed one, or the list of a proxy"
        return refused

    def _address(self, said: object) -> str:
        """The visitor's address; most callers send it and nothing else."""
        return str(said) if is_plain(said) else client_address(said, trusted=self._trusted)

    def features(
        self,
        request: Mapping[str, object],
        *,
        at: datetime,  # noqa: ARG002 (a place is the same at any time)
    ) -> Mapping[str, Value]:
        """See `adapters.protocol.Adapter`."""
        return self._describe(self.place(request))

    @property
    def problem(self) -> str:
        """See `adapters.protocol.Adapter`."""
        return self._database.problem if self._database is not None else ""

    def why_missing(self, request: Mapping[str, object], *, at: datetime) -> str:
        """See `adapters.protocol.Adapter`."""
        known = self.features(request, at=at)
        if len(known) == len(self.fields):
            return ""
        reasons = []
        location = request.get("location")
        refused = self.refused(request)
        reasons += [f"{name}: {why}" for name, why in refused.items()]
        if not isinstance(location, dict):
            reasons.append("the request carries no location")
        elif self._database is None:
            reasons.append("no database is configured to look addresses up")
        elif self._database.problem:
            reasons.append(self._database.problem)
        elif not location.get("ip"):
            reasons.append("the request carries no address")
        elif "location.ip" not in refused and self._database.lookup(self._address(location["ip"])) is NOWHERE:
            reasons.append("the database does not know the address")
        if self._cell is None or self._zone is None:
            reasons.append(f"cells and time zones of coordinates need {INSTALL}")
        return "; ".join(reasons) or "neither the caller nor the database tells"

    async def refresh(self) -> None:
        """Take over a database file that was replaced."""
        if self._database is None:
            return
        if reader := await asyncio.to_thread(self._database.read_new):
            self._database.take_over(reader)
            self._finish.cache_clear()
            self._places.clear()

    def _finish_place(self, stated: Place, looked_up: Place) -> Place:
        place = merged(stated, looked_up)
        if place.latitude is None or place.longitude is None:
            return coarse(place)
        if not place.time_zone and self._zone is not None:
            zone = zone_name(self._zone(place.longitude, place.latitude))
            place = place._replace(time_zone=zone, zone_source="coordinates" if zone else "")
        if self._cell is not None:
            place = place._replace(cell=self._cell(place.latitude, place.longitude, self._resolution))
        return coarse(place)


def merged(stated: Place, looked_up: Place) -> Place:
    """What the caller says, completed from the database where both can mean the same place."""
    if stated.refused and not stated.source and not looked_up.source:
        return stated._replace(source="refused")
    if not looked_up.source or (stated.country and stated.country != looked_up.country):
        return stated
    refined = stated._asdict()
    if not stated.country:
        refined["country"] = looked_up.country
    if not stated.region and not stated.city:
        refined["region"] = looked_up.region
    if not stated.city and stated.region in ("", looked_up.region):
        refined["city"] = looked_up.city
    if (
        stated.latitude is None
        and stated.longitude is None
        and stated.region in ("", looked_up.region)
        and not stated.city
    ):
        refined["latitude"], refined["longitude"] = looked_up.latitude, looked_up.longitude
    if not stated.time_zone:
        refined["time_zone"], refined["zone_source"] = looked_up.time_zone, looked_up.zone_source
    if not stated.source:
        refined["source"] = looked_up.source
    return Place(**refined)


def _with(stated: Place, unread: bool) -> Place:
    """What the caller says, an address that cannot be read included."""
    return stated._replace(refused=True) if unread else stated


def describe(place: Place) -> Mapping[str, Value]:
    """A place as fields; what is not known of it is left out."""
    names = ("country", "region", "city", "cell", "zone_source", "source")
    return MappingProxyType({name: level for name in names if (level := getattr(place, name))})


def _optional(module: str, function: str) -> Callable[..., Any] | None:
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    except ImportError:
        return None
    return found

# SPDX-License-Identifier: Apache-2.0
"""Places of IP addresses, from a MaxMind-format database file that may be replaced while it is in use."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.addresses import KEPT_BITS, network_of, parsed_address
from adapters.place import NOWHERE, Place
from adapters.stated import city_name, country_code, degrees, region_code, zone_name

INSTALL = "pip install 'slotwise[location]'"


class GeoDatabase:
    """Answers from memory; `read_new` and `take_over` follow the file when it changes.

    No address is kept: the memo knows truncated networks, and only those that have one answer.
    """

    def __init__(self, path: str, *, memo: int = 65_536) -> None:
        """Open the file where it can be read; else `problem` says why, until `read_new` finds a good one."""
        try:
            self._maxminddb: Any = importlib.import_module("maxminddb")
        except ImportError:
            raise ValueError(f"context.location.database: needs maxminddb; {INSTALL}") from None
        self._path = Path(path)
        self._reader: Any = None
        self._signature: tuple[int, int, int] | None = None
        self._networks: dict[int, Place] = {}
        self._most = memo
        self.problem = ""
        if reader := self.read_new():
            self.take_over(reader)

    def lookup(self, address: object) -> Place:
        """The place of an IP address, NOWHERE if the database does not know it or it is no address."""
        network = network_of(address)
        place = self._networks.get(network)
        if place is not None:
            return place
        ip = parsed_address(address)
        if ip is None or self._reader is None:
            return NOWHERE
        try:
            record, prefix = self._reader.get_with_prefix_len(ip)
        except (ValueError, self._maxminddb.InvalidDatabaseError):  # an IPv4 database, or damage inside
            return NOWHERE
        place = read_record(record)
        if prefix <= KEPT_BITS[ip.version]:  # the whole network has this answer
            if len(self._networks) >= self._most:
                self._networks.clear()
            self._networks[network] = place
        return place

    def read_new(self) -> Any:
        """Open the file if it is new and can be read, else None (see `problem`). Blocks on the disk."""
        try:
            status = self._path.stat()
            signature = (status.st_mtime_ns, status.st_size, status.st_ino)
            if signature == self._signature:
                return None
            self._signature = signature
            # A private copy: who overwrites the file in place would pull the mapped memory from under us.
            with tempfile.NamedTemporaryFile(prefix="slotwise-geo-") as copy:
                with self._path.open("rb") as file:
                    shutil.copyfileobj(file, copy)
                copy.flush()
                return self._maxminddb.open_database(copy.name, self._maxminddb.MODE_MMAP_EXT)
        except (OSError, ValueError, self._maxminddb.InvalidDatabaseError) as error:
            self.problem = f"the database {self._path.name} cannot be read: {type(error).__name__}"
            return None

    def take_over(self, reader: Any) -> None:
        """Answer from a new file; called between two lookups, or an old answer could enter the new memo."""
        self._reader, self._networks, self.problem = reader, {}, ""


def read_record(record: object) -> Place:
    """The parts of a city or country record that are used, checked like a caller's."""
    if not isinstance(record, Mapping):
        return NOWHERE
    country = country_code(_at(record, "country", "iso_code"))
    regions = record.get("subdivisions")
    region = _at(regions[0], "iso_code") if isinstance(regions, list) and regions else None
    latitude = degrees(_at(record, "location", "latitude"), limit=90)
    longitude = degrees(_at(record, "location", "longitude"), limit=180)
    located = latitude is not None and longitude is not None
    zone = zone_name(_at(record, "location", "time_zone"))
    return Place(
        country=country,
        region=region_code(region) if country else "",
        city=city_name(_at(record, "city", "names", "en")),
        latitude=latitude if located else None,
        longitude=longitude if located else None,
        time_zone=zone,
        zone_source="database" if zone else "",
        source="database" if country or located else "",
    )


def _at(record: object, *path: str) -> object:
    for key in path:
        record = record.get(key) if isinstance(record, Mapping) else None
    return record

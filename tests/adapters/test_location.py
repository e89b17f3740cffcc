# SPDX-License-Identifier: Apache-2.0
"""Location: the caller, then the database, then the coordinates."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters import build
from adapters.location import Location
from adapters.place import NOWHERE

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NEW_YORK = {"location": {"ip": "5.1.2.3"}}


@pytest.fixture
def location(write_geo: Callable[..., Path]) -> Location:
    """The adapter over a small database."""
    return Location(database=str(write_geo()))


def test_an_address_becomes_a_place(location: Location) -> None:
    """The database gives country, region, city, coordinates and time zone; the cell follows."""
    known = location.features(NEW_YORK, at=AT)
    assert {name: known[name] for name in ("country", "region", "city", "zone_source", "source")} == {
        "country": "US", "region": "NY", "city": "new york", "zone_source": "database", "source": "database",
    }  # fmt: skip
    assert str(known["cell"]).startswith("84")


@pytest.mark.parametrize("address", ["81.2.69.160", "::ffff:81.2.69.190"])
def test_networks_finer_than_the_memo(location: Location, address: str) -> None:
    """In a network where the neighbours have another answer, no answer is remembered for them."""
    request = {"location": {"ip": address}}
    assert location.features(request, at=AT)["city"] == "london"
    assert location.features({"location": {"ip": "81.2.69.1"}}, at=AT) == {}
    assert location.features(request, at=AT)["city"] == "london"


def test_only_networks_are_remembered(location: Location) -> None:
    """After lookups the memo knows 24 bits of IPv4 and 48 bits of IPv6 addresses, never a whole one."""
    for address in ("5.1.2.3", "5.1.2.4", "2001:db8:1::5", "81.2.69.161"):
        location.place({"location": {"ip": address}})
    database = location._database
    assert database is not None
    assert set(database._networks) == {1 << 24 | 0x050102, 1 << 48 | 0x20010DB80001}


def test_the_caller_wins(location: Location) -> None:
    """What the caller says stands; a database that means another country adds nothing."""
    place = location.place({"location": {"ip": "5.1.2.3", "country": "DE", "time_zone": "Europe/Berlin"}})
    assert (place.country, place.city, place.time_zone, place.source) == ("DE", "", "Europe/Berlin", "caller")


def test_the_database_completes_the_caller(location: Location) -> None:
    """In the same country the database adds what the caller left out."""
    place = location.place({"location": {"ip": "5.1.2.3", "country": "US"}})
    assert (place.city, place.time_zone, place.zone_source) == ("new york", "America/New_York", "database")


def test_coordinates_give_zone_and_cell() -> None:
    """Without caller's and database's zone the coordinates decide; two points nearby share a cell."""
    adapter = Location()
    place = adapter.place({"location": {"latitude": 40.71, "longitude": -74.01}})
    near = adapter.place({"location": {"latitude": 40.72, "longitude": -74.02}})
    assert (place.time_zone, place.zone_source) == ("America/New_York", "coordinates")
    assert place.cell == near.cell != ""


@pytest.mark.parametrize("address", ["6.6.6.6", "127.0.0.1", None, ""])
def test_unknown_addresses(location: Location, address: object) -> None:
    """Damaged records, addresses that nobody owns and none at all are nowhere."""
    assert location.place({"location": {"ip": address}}) == NOWHERE


@pytest.mark.parametrize("address", ["999.1.1.1", 7, ["5.1.2.3", 7], "unknown", "5.1.2.3:http", "x" * 2000])
def test_what_is_no_address_is_refused(location: Location, address: object) -> None:
    """What holds no address is refused with a reason that does not repeat it."""
    request = {"location": {"ip": address}}
    assert dict(location.features(request, at=AT)) == {"source": "refused"}
    reason = "got what holds no IP address; allowed one, or the list of a proxy"
    assert location.refused(request) == {"location.ip": reason}
    assert f"location.ip: {reason}" in location.why_missing(request, at=AT)


@pytest.mark.parametrize(
    "said",
    [
        "5.1.2.3:51234",
        "[2001:db8::1]:443",
        '"81.2.69.160"',
        ["10.0.0.1", "5.1.2.3"],
        "for=5.1.2.3;proto=https",
    ],
)
def test_addresses_of_gateways_become_places(location: Location, said: object) -> None:
    """An address with a port, in brackets, or in a proxy's list is looked up like a bare one."""
    place = location.place({"location": {"ip": said}})
    assert (place.source, place.city != "", place.refused) == ("database", True, False)


def test_trusted_proxies(write_geo: Callable[..., Path]) -> None:
    """With trusted proxies what a visitor put in front of the list does not count."""
    database = str(write_geo())
    spoofed = {"location": {"ip": "81.2.69.160, 5.1.2.3, 10.0.0.7"}}
    trusting = Location(database=database, trusted_proxies=["10.0.0.0/8"])
    assert trusting.place(spoofed).city == "new york"
    assert Location(database=database).place(spoofed).city == "london"
    with pytest.raises(
        ValueError, match=r"context\.location\.trusted_proxies: got 'all'; allowed addresses and net"
    ):
        Location(trusted_proxies=["all"])


def test_a_replaced_database_is_taken_over(location: Location, write_geo: Callable[..., Path]) -> None:
    """A refresh after the file changed answers from the new one."""
    assert location.features(NEW_YORK, at=AT)["country"] == "US"
    write_geo({"5.1.0.0/16": {"country": {"iso_code": "CA"}}})
    asyncio.run(location.refresh())
    assert location.features(NEW_YORK, at=AT) == {"country": "CA", "source": "database"}


def test_a_damaged_database_leaves_the_old_one(location: Location, write_geo: Callable[..., Path]) -> None:
    """A file that cannot be read changes no answer, is named, and is replaced by the next good one."""
    path = write_geo()
    path.write_bytes(b"not a database")
    asyncio.run(location.refresh())
    assert location.features(NEW_YORK, at=AT)["country"] == "US"
    assert location._database is not None
    assert location._database.problem == "the database city.mmdb cannot be read: InvalidDatabaseError"
    write_geo({"5.1.0.0/16": {"country": {"iso_code": "CA"}}})
    asyncio.run(location.refresh())
    assert location.features(NEW_YORK, at=AT)["country"] == "CA"


def test_a_database_that_comes_later(tmp_path: Path, write_geo: Callable[..., Path]) -> None:
    """A missing file stops nothing; once it is there it is used."""
    adapter = Location(database=str(tmp_path / "city.mmdb"))
    assert "cannot be read: FileNotFoundError" in adapter.why_missing(NEW_YORK, at=AT)
    write_geo()
    asyncio.run(adapter.refresh())
    assert adapter.features(NEW_YORK, at=AT)["country"] == "US"


def test_without_the_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the extra a database is refused, saying what to install; cells are left out, saying so."""
    for package in ("maxminddb", "h3", "tzfpy"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ValueError, match=r"slotwise\[location\]"):
        Location(database=str(tmp_path / "city.mmdb"))
    request = {"location": {"latitude": 1.0, "longitude": 2.0}}
    assert Location().features(request, at=AT) == {"source": "caller"}
    assert "slotwise[location]" in Location().why_missing(request, at=AT)


def test_other_adapters_share_the_place(write_geo: Callable[..., Path]) -> None:
    """Daytime follows the time zone and the latitude of the address."""
    daytime, _ = build(["daytime", "location"], settings={"location": {"database": str(write_geo())}})
    known = daytime.features(NEW_YORK, at=AT)
    assert (known["part"], known["clock"], known["season"]) == ("morning", "local", "autumn")
    assert known["light"] == "day"


@pytest.mark.parametrize("resolution", [-1, 7, "4", None])
def test_refuses_a_resolution(resolution: object) -> None:
    """Cells finer than towns or of no known size are refused."""
    with pytest.raises(ValueError, match=r"context\.location\.cell_resolution: got .*; allowed 0 to 6"):
        Location(cell_resolution=resolution)  # type: ignore[arg-type]

# SPDX-License-Identifier: Apache-2.0
"""Places: what callers say is checked and kept no finer than declared."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.place import NOWHERE, RESOLVED, Place, StatedPlaces, city_name, stated_place, truncated


@given(st.ip_addresses())
def test_truncated_addresses_hide_their_end(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """Of an IPv4 address 24 bits are kept, of an IPv6 address 48, and it stays in its network."""
    kept = truncated(str(address))
    network = ipaddress.ip_network(f"{kept}/{24 if ':' not in kept else 48}")
    mapped = getattr(address, "ipv4_mapped", None) or address
    assert mapped in network


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("81.2.69.160", "81.2.69.0"),
        ("::ffff:81.2.69.160", "81.2.69.0"),
        (" 2001:db8:1:2::9 ", "2001:db8:1::"),
        ("81.2.69", ""),
        ("fe80::1%eth0", ""),
        ("1" * 1000, ""),
        (16909060, ""),
        (None, ""),
    ],
)
def test_truncation(address: object, expected: str) -> None:
    """Known forms are cut, everything else is no address."""
    assert truncated(address) == expected


@pytest.mark.parametrize(
    "city",
    [
        "12 Main Street",
        "jane@example.org",
        "New York 10001",
        "x" * 60,
        "a\nb",
        "",
        5,
        None,
        "<b>Rome</b>",
        "+49 30 1",
    ],
)
def test_personal_data_is_no_city(city: object) -> None:
    """Street addresses, e-mails and numbers in the city's place are not taken for a city."""
    assert city_name(city) == ""


@pytest.mark.parametrize("city", ["Paris", "São Paulo", "Winston-Salem", "L’Aquila", "St. Gallen", "東京"])
def test_cities(city: str) -> None:
    """Names in any script are cities, in lower case."""
    assert city_name(city) == city.lower()


def test_everything_stated() -> None:
    """A full statement is taken over, case and precision put in order."""
    place = StatedPlaces().place(
        {
            "location": {
                "country": "us", "region": "ny", "city": "New York",
                "latitude": 40.71278, "longitude": -74.00594, "time_zone": "America/New_York",
            }
        }
    )  # fmt: skip
    assert place == Place(
        country="US", region="NY", city="new york", latitude=40.7, longitude=-74.0,
        time_zone="America/New_York", zone_source="caller", source="caller",
    )  # fmt: skip


@pytest.mark.parametrize(
    "location",
    [{"latitude": 91, "longitude": 0}, {"latitude": 50, "longitude": "7"}, {"longitude": float("nan")}],
)
def test_coordinates_out_of_range_are_refused(location: object) -> None:
    """Coordinates of which one is out of range are both left out, and the place says so."""
    assert stated_place({"location": location}) == Place(source="refused")


def test_a_region_needs_its_country() -> None:
    """A region's code means nothing without a country."""
    assert stated_place({"location": {"country": "ZZ", "region": "NY"}}) == NOWHERE


def test_a_resolved_place_is_handed_on() -> None:
    """A place that was found before is taken as it is, but a caller's JSON cannot pose as one."""
    found = Place(country="NO")
    assert StatedPlaces().place({RESOLVED: found, "location": {"country": "SE"}}) is found
    assert StatedPlaces().place({RESOLVED: ["NO"], "location": {"country": "SE"}}).country == "SE"


def test_memory_holds_no_address() -> None:
    """What is remembered of a visitor is the coarse place, not the words that it was made of."""
    places = StatedPlaces()
    said = {"ip": "203.0.113.77", "latitude": 48.858370123, "longitude": 2.294481456, "country": "FR"}
    places.place({"location": said, "time_zone": "Europe/Paris"})
    remembered = repr(vars(places))
    assert "latitude=48.9" in remembered
    assert not any(secret in remembered for secret in ("203.0.113", "48.85", "2.29"))

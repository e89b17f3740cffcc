# SPDX-License-Identifier: Apache-2.0
"""Places: what callers say is checked and kept no finer than declared."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.addresses import truncated
from adapters.place import RESOLVED, Place, StatedPlaces, stated_place
from adapters.stated import city_name, said_of


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
    [
        {"latitude": 91, "longitude": 0},
        {"latitude": 50, "longitude": "7 east"},
        {"latitude": "1e1", "longitude": 7},
        {"longitude": float("nan")},
    ],
)
def test_coordinates_out_of_range_are_refused(location: object) -> None:
    """Coordinates of which one is out of range are both left out, and the place says so."""
    assert stated_place({"location": location}) == Place(source="refused", refused=True)


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ({"country": "DEU"}, ("DE", "")),
        ({"country": " deu "}, ("DE", "")),
        ({"country": "UK"}, ("GB", "")),
        ({"country": "de", "region": "DE-BY"}, ("DE", "BY")),
        ({"country": "DEU", "region": "de-by"}, ("DE", "BY")),
        ({"region": "US-NY"}, ("US", "NY")),
        ({"country": "JP", "region": "13"}, ("JP", "13")),
        ({"country": "", "region": None}, ("", "")),
    ],
)
def test_codes_of_either_kind_are_understood(said: dict[str, object], understood: tuple[str, str]) -> None:
    """Countries of two or three letters and whole region codes are taken, in any case."""
    place = stated_place({"location": said})
    assert ((place.country, place.region), place.refused) == (understood, False)


COUNTRY = "allowed an ISO 3166-1 code such as DE or DEU"
REGION = "allowed the ISO 3166-2 code, such as DE-BY, or BY beside country DE"


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"country": "Germany"}, {"location.country": f"got a text of 7 characters; {COUNTRY}"}),
        ({"country": "X\n" * 40}, {"location.country": f"got a text of 80 characters; {COUNTRY}"}),
        (
            {"country": "jane.doe@example.org"},
            {"location.country": f"got a text of 20 characters; {COUNTRY}"},
        ),
        ({"country": "Jane Doe"}, {"location.country": f"got a text of 8 characters; {COUNTRY}"}),
        ({"country": "+49 151 23456789"}, {"location.country": f"got a text of 16 characters; {COUNTRY}"}),
        ({"country": 276}, {"location.country": f"got what is no text; {COUNTRY}"}),
        ({"region": "NY"}, {"location.region": f"got 'NY' without a country; {REGION}"}),
        (
            {"country": "DE", "region": "Bavaria"},
            {"location.region": f"got a text of 7 characters; {REGION}"},
        ),
        ({"country": "DE", "region": 13}, {"location.region": f"got what is no text; {REGION}"}),
        (
            {"country": "FR", "region": "DE-BY"},
            {"location.region": "got 'DE-BY' beside country FR; allowed a region of it"},
        ),
        (
            {"country": "ZZ", "region": "NY"},
            {"location.country": f"got 'ZZ'; {COUNTRY}", "location.region": f"got 'NY'; {REGION}"},
        ),
        (
            {"city": "12 Main Street"},
            {"location.city": "got what is no city's name; allowed letters, up to 48 characters"},
        ),
        (
            {"time_zone": "Europe/Bielefeld"},
            {"location.time_zone": "got a text of 16 characters; allowed an IANA name such as Europe/Berlin"},
        ),
        ("Berlin", {"location": "got something else; allowed an object with country, ip and the like"}),
        (
            {"latitude": 1, "longitude": "1,5"},
            {"location.longitude": "got no angle in range; allowed -180 to 180 degrees"},
        ),
        (
            {"latitude": 91, "longitude": True},
            {
                "location.latitude": "got no angle in range; allowed -90 to 90 degrees",
                "location.longitude": "got no angle in range; allowed -180 to 180 degrees",
            },
        ),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(said: object, refused: dict[str, str]) -> None:
    """Each part that cannot be used is named with what is allowed; none is dropped silently."""
    request = {"location": said}
    assert (said_of(request).refused, stated_place(request).refused) == (refused, True)
    assert StatedPlaces().refused(request) == refused


@given(st.text(min_size=8, max_size=60) | st.emails() | st.ip_addresses().map(str))
@example("Jane Q. Public-Doe")
@example("+49 1512 3456789")
@example("anna-li\n")
def test_refusals_repeat_nothing_longer_than_a_code(text: str) -> None:
    """Wherever a caller puts a name, a mail, a number or an address: what is refused does not tell it."""
    names = ("country", "region", "city", "time_zone", "latitude", "longitude")
    for name in names:
        for why in said_of({"location": {name: text}, "time_zone": text}).refused.values():
            assert text.strip() not in why.partition("; allowed")[0] or len(text.strip()) <= 7


def test_numbers_and_zones_in_other_clothes() -> None:
    """Coordinates that are spelled as texts count, and so do time zones in any case."""
    place = StatedPlaces().place(
        {"location": {"latitude": "52.52", "longitude": " -13.4 "}, "time_zone": "europe/BERLIN"}
    )
    assert (place.latitude, place.longitude, place.time_zone) == (52.5, -13.4, "Europe/Berlin")
    assert not place.refused


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

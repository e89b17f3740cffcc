# SPDX-License-Identifier: Apache-2.0
"""Addresses as servers and proxies write them down."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.addresses import client_address, proxies

FORMS = {
    "203.0.113.7": "203.0.113.7",
    " 203.0.113.7 ": "203.0.113.7",
    "203.0.113.7:51234": "203.0.113.7",
    "2001:db8::1": "2001:db8::1",
    "[2001:db8::1]": "2001:db8::1",
    "[2001:db8::1]:443": "2001:db8::1",
    "::ffff:203.0.113.7": "203.0.113.7",
    "[::ffff:203.0.113.7]:80": "203.0.113.7",
    "fe80::1%eth0": "fe80::1",
    "[fe80::1%25eth0]:8080": "fe80::1",
    "'203.0.113.7'": "203.0.113.7",
    '"[2001:db8::1]:443"': "2001:db8::1",
    "203.0.113.7, 198.51.100.2, 10.0.0.1": "203.0.113.7",
    "10.1.2.3, 203.0.113.7:80": "203.0.113.7",
    "unknown, 203.0.113.7": "203.0.113.7",
    "203.0.113.7,": "203.0.113.7",
    "192.168.1.5": "192.168.1.5",
    "10.1.2.3, 192.168.1.5": "10.1.2.3",
    "100.64.1.1,fd00::1,203.0.113.7": "203.0.113.7",
    'for=203.0.113.7;proto=http;by=10.0.0.1, for="[2001:db8::1]:47011"': "203.0.113.7",
    'proto=https; For="[2001:db8::1]:443"': "2001:db8::1",
    "for=_hidden, for=203.0.113.7": "203.0.113.7",
    "": "",
    "unknown": "",
    "203.0.113": "",
    "203.0.113.7:": "",
    "203.0.113.7:port": "",
    "[2001:db8::1": "2001:db8::1",
    "[2001:db8::1]x": "",
    "by=203.0.113.7": "",
    "203.0.113.7 198.51.100.2": "",
    "for=": "",
}


@pytest.mark.parametrize(("said", "expected"), FORMS.items())
def test_forms(said: str, expected: str) -> None:
    """Of whatever a server wrote down the first public address counts."""
    assert client_address(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.66, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("198.51.100.66, 203.0.113.7, 192.0.2.9, 10.0.0.1:80", "203.0.113.7"),
        ("198.51.100.66, 192.168.0.1", "192.168.0.1"),
        ("198.51.100.66, unknown, 10.0.0.1", ""),
        ("for=198.51.100.66, for=203.0.113.7, for=10.0.0.1", "203.0.113.7"),
        ("203.0.113.7, ::ffff:10.0.0.1", "203.0.113.7"),
        ("10.0.0.2, 10.0.0.1", "10.0.0.2"),
    ],
)
def test_the_last_that_no_proxy_of_ours_wrote(said: str, expected: str) -> None:
    """With trusted proxies the last entry that is none of them counts, whatever stands before it."""
    trusted = proxies(["10.0.0.0/8", "192.0.2.9"], field="x")
    assert client_address(said, trusted=trusted) == expected


@given(st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3)))
def test_anything_gives_an_address_or_none(said: object) -> None:
    """Whatever stands there, the answer is one address or nothing."""
    found = client_address(said)
    assert found == "" or str(ipaddress.ip_address(found)) == found


def test_a_list_is_bounded() -> None:
    """A list that is longer than any chain of proxies is not gone through."""
    assert client_address(", ".join(["203.0.113.7"] * 32)) == "203.0.113.7"
    assert client_address(", ".join(["203.0.113.7"] * 33)) == ""

# SPDX-License-Identifier: Apache-2.0
"""Outside servers: only public ones, and only by the address that was checked."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.fetching import Fetcher, FetchFailed, Request
from adapters.outbound import checked_url, is_public

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1",
    "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b:1::7f00:1", "2620:0:1::5efe:7f00:1",
    "2620:0:1::200:5efe:a00:1",
    "fec0::1", "fd00:ec2::254", "fe80::5efe:808:808", "4000::1", "3fff::1", "5f00::1", "100::1", "2001:20::1",
    "192.0.0.192", "192.88.99.1", "198.18.0.1", "203.0.113.1", "240.0.0.1", "100.100.100.200",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private(address: str) -> None:
    """Loopback, private, link-local, shared, multicast and reserved addresses are not public."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.215.14",
        "2606:4700::1111",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "2002:101:101::",
        "2a00:1450::5efe:101:101",
    ],
)
def test_public(address: str) -> None:
    """Addresses of the public internet are."""
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example/", "ftp://api.example/", "https://", "https:///x",
        "https://u:p@api.example/", "api.example",
        "https://api.example:99999/", "https://api.example:0/", "https://[::1", "file:///etc/passwd", "",
    ],
)  # fmt: skip
def test_refused_addresses(url: str) -> None:
    """A configured address must be https to a host, without a user; the message names it."""
    with pytest.raises(ValueError, match=r"weather\.url: got .* allowed https://host"):
        checked_url(url, field="weather.url", allow_private=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "[::]",
        "0",
        "0.0.0.0",  # noqa: S104 (nobody binds to it)
        "0x7f.1",
        "017700000001",
        "LOCALHOST",
        "127。0。0。1",
    ],
)
async def test_loopback_in_every_spelling(host: str, stub: Any) -> None:
    """However loopback is written, nothing is sent there."""
    port = stub.url.rsplit(":", 1)[1]
    with pytest.raises(FetchFailed, match="refused"):
        await Fetcher().get(Request(url=f"http://{host}:{port}/"))
    assert stub.asked == []


@pytest.mark.parametrize("address", PRIVATE)
async def test_one_private_address_spoils_a_name(address: str) -> None:
    """A name that has a public and a private address, of whatever kind, is refused."""

    async def both(host: str, port: int) -> list[str]:
        return ["1.1.1.1", address]

    with pytest.raises(FetchFailed, match="refused"):
        await Fetcher(resolve=both).get(Request(url="https://api.example/"))


@pytest.mark.parametrize(
    "host", ["①②⑦.0.0.1", "１２７.０.０.１", "[fe80::1%25lo]", "localhost.", "127.0.0.1."]
)
async def test_addresses_in_odd_letters(host: str, stub: Any) -> None:
    """What only a lenient reader would take for an address of this machine leads nowhere."""
    port = stub.url.rsplit(":", 1)[1]
    with pytest.raises(FetchFailed, match=r"refused|connection"):
        await Fetcher().get(Request(url=f"http://{host}:{port}/"))
    assert stub.asked == []


async def test_redirects_to_loopback_are_not_followed(stub: Any) -> None:
    """Even where private targets are allowed, an answer cannot send us anywhere."""
    stub.misbehave = "redirect"
    with pytest.raises(FetchFailed, match="redirect"):
        await Fetcher(allow_private=True).get(Request(url=f"{stub.url}/first"))
    assert [asked.path for asked in stub.asked] == ["/first"]


async def test_rebinding(stub: Any) -> None:
    """A name is resolved once, and the connection goes to that address, with the name as its Host."""
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])

    async def once(host: str, port: int) -> list[str]:
        return next(answers)

    stub.data = {"good": True}
    port = stub.url.rsplit(":", 1)[1]
    got = await Fetcher(allow_private=True, resolve=once).get(Request(url=f"http://rebind.example:{port}/x"))
    assert got.data == {"good": True}
    assert stub.asked[0].headers["Host"] == f"rebind.example:{port}"
    assert next(answers) == ["192.0.2.1"]


async def test_a_name_that_does_not_resolve() -> None:
    """No address is a failed connection, not an error of ours."""

    async def nobody(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(FetchFailed, match="connection"):
        await Fetcher(resolve=nobody).get(Request(url="https://api.example/"))

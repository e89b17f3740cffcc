# SPDX-License-Identifier: Apache-2.0
"""IP addresses as clients and proxies write them, and no more of one than is ever kept."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

KEPT_BITS = {4: 24, 6: 48}  # of an IP address, by version
LONGEST = 1024  # characters of a list of addresses
MOST = 32  # addresses in it
# Nobody on the Internet has these: private, shared, of this machine or link, of groups, not given out.
INSIDE: tuple[Network, ...] = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.168.0.0/16", "224.0.0.0/3", "::/127", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip


def proxies(names: Iterable[str], *, field: str) -> tuple[Network, ...]:
    """The networks that an operator names.

    Raises: ValueError on a name that is none.
    """
    found = []
    for name in names:
        try:
            found.append(ipaddress.ip_network(name, strict=False))
        except ValueError:
            raise ValueError(
                f"{field}: got {name!r}; allowed addresses and networks such as 10.0.0.0/8"
            ) from None
    return tuple(found)


def client_address(said: object, *, trusted: Sequence[Network] = ()) -> str:
    """The visitor's own address in what a server or its proxies wrote down; empty if there is none.

    Understood are one address, with or without port, brackets, quotes or zone; a list of them with commas
    (X-Forwarded-For); and elements with for= (Forwarded, RFC 7239). Each proxy appends whom it heard from, so
    the last entry that is no `trusted` proxy was written by one, and whatever stands before it by anybody.
    Without trusted proxies the first public address counts, or the first one where none is public.
    """
    if isinstance(said, list) and all(isinstance(each, str) for each in said):
        said = ",".join(said)
    if not isinstance(said, str) or len(said) > LONGEST:
        return ""
    entries = said.split(",", MOST)
    if len(entries) > MOST:
        return ""
    found = [parsed_address(_bare(entry)) for entry in entries if entry.strip()]
    if trusted:
        for address in reversed(found):
            if address is None or not _within(address, trusted):
                return "" if address is None else str(address)
    known = [address for address in found if address is not None]
    public = [address for address in known if not _within(address, INSIDE)]
    return str((public or known)[0]) if known else ""


def parsed_address(address: object) -> Address | None:
    """The value as an IP address, IPv4 where it is IPv4 in IPv6's clothes; None if it is none."""
    if not isinstance(address, str) or not 2 <= len(address) <= 45 or "%" in address:
        return None
    try:
        ip = ipaddress.ip_address(address.strip())
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, ipaddress.IPv6Address) else ip


def truncated(address: object) -> str:
    """The network of an IP address: its first 24 bits (IPv4) or 48 bits (IPv6); empty if it is no address."""
    ip = parsed_address(address)
    if ip is None:
        return ""
    hidden = ip.max_prefixlen - KEPT_BITS[ip.version]
    return str(type(ip)(int(ip) >> hidden << hidden))


def network_of(address: object) -> int:
    """The kept bits of an IP address behind a leading one: unlike for all networks; 0 if it is none."""
    if (plain := _plain(address)) is not None:
        return 1 << 24 | plain
    ip = parsed_address(address)
    if ip is None:
        return 0
    kept = KEPT_BITS[ip.version]
    return 1 << kept | int(ip) >> (ip.max_prefixlen - kept)


def is_plain(address: object) -> bool:
    """Whether it is an IPv4 address and nothing else, as most are."""
    return _plain(address) is not None


def _plain(address: object) -> int | None:
    """The kept bits of a plain IPv4 address; seven times as fast as the general way."""
    if isinstance(address, str) and len(address) <= 15 and address.count(".") == 3:
        parts = address.split(".")
        if all(part.isdigit() and part.isascii() and (part[0] != "0" or part == "0") for part in parts):
            first, second, third, last = map(int, parts)
            if max(first, second, third, last) < 256:
                return first << 16 | second << 8 | third
    return None


def _bare(entry: str) -> str:
    """An entry of a list without what stands around its address: for=, quotes, brackets, port, zone."""
    text = entry.strip()
    if "=" in text:
        pairs = (pair.partition("=") for pair in text.split(";"))
        text = next((value for name, _, value in pairs if name.strip().lower() == "for"), "")
    text = text.strip().strip("\"'").strip()
    if text.startswith("["):
        text, _, after = text[1:].partition("]")
        if after and not (after[0] == ":" and _is_port(after[1:])):
            return ""
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _is_port(port):
            return ""
    return text.partition("%")[0]


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)

# SPDX-License-Identifier: Apache-2.0
"""Which outside servers may be asked: public ones over https, each by the very address that was checked."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import httpx

Resolve = Callable[[str, int], Awaitable[list[str]]]
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # all of IPv6 that has ever been given out
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Not public either, though Python 3.11 says so: protocol assignments, the relays of 6to4, documentation.
SPECIAL = [ipaddress.ip_network(net) for net in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")]
LAST_32, ISATAP = 0xFFFFFFFF, 0x00005EFE


class TargetRefused(Exception):
    """The server's address is one that must not be asked."""


def checked_url(url: str, *, field: str, allow_private: bool) -> str:
    """Return a configured address as it is.

    Raises: ValueError when it is not https to a named host (http is allowed where private targets are).
    """
    schemes = ("https", "http") if allow_private else ("https",)
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"{field}: got {url[:100]!r}; allowed {' or '.join(schemes)}://host[:port]/path")
    return url


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, also where it hides an IPv4 address."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        hidden = ip.ipv4_mapped or ip.sixtofour
        last = ipaddress.IPv4Address(int(ip) & LAST_32)
        if ip in NAT64:
            hidden = last
        if hidden is not None:
            return is_public(str(hidden))
        if ip.teredo or ip not in GLOBAL_UNICAST:
            return False
        # ISATAP (RFC 5214): the interface's identifier holds an IPv4 address.
        if (int(ip) >> 32) & 0xFDFFFFFF == ISATAP and not is_public(str(last)):
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in special for special in SPECIAL)


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host, as the operating system resolves them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class PinnedTransport(httpx.AsyncBaseTransport):
    """Resolves a host once, checks every address, and connects to the first one by number.

    So a name that resolves to something else a moment later (DNS rebinding) reaches nothing.
    """

    def __init__(
        self, inner: httpx.AsyncBaseTransport, *, allow_private: bool, resolve: Resolve = resolve
    ) -> None:
        self._inner = inner
        self._allow_private = allow_private
        self._resolve = resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the address that was checked; Host header and certificate keep the name."""
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            addresses = await self._resolve(host, port)
        except OSError as error:
            raise httpx.ConnectError(f"cannot resolve: {error}", request=request) from error
        if not addresses:
            raise httpx.ConnectError("cannot resolve: no address", request=request)
        if not self._allow_private and not all(is_public(address) for address in addresses):
            raise TargetRefused("resolves to a private, loopback or link-local address")
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=addresses[0])
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

# SPDX-License-Identifier: Apache-2.0
"""The sockets of a server: bound before anything else is touched, listening only when it can serve."""

from __future__ import annotations

import socket

from bandit.core.decoding import shorten
from bandit.errors import Invalid, SlotwiseError

_BACKLOG = 1024


def bound(host: str, port: int) -> list[socket.socket]:
    """Sockets on every address of `host`, not listening yet.

    Raises:
        Invalid: the host is not a name or address of this machine.
        SlotwiseError: the port is in use, or may not be used.
    """
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise Invalid(
            f"host: got {shorten(host)} ({error}); allowed a name or address of this machine"
        ) from None
    # The system would choose a port of its own for each address.
    addresses = found[:1] if port == 0 else list(dict.fromkeys(found))
    sockets: list[socket.socket] = []
    try:
        sockets.extend(_bind(family, address) for family, _, _, _, address in addresses)
    except OSError as error:
        close(sockets)
        raise _refused(error, host, port) from None
    return sockets


def _bind(family: int, address: tuple[object, ...]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A server that was stopped leaves connections in TIME_WAIT; they must not keep the next one away.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind(address)
    except BaseException:
        sock.close()
        raise
    return sock


def listen(sockets: list[socket.socket], *, host: str, port: int) -> None:
    """Begin to accept connections; they wait in the system's queue until the server takes them."""
    try:
        for sock in sockets:
            sock.listen(_BACKLOG)
    except OSError as error:
        # Two programs may bind a port as long as none of them listens.
        raise _refused(error, host, port) from None


def close(sockets: list[socket.socket]) -> None:
    """Give the port back."""
    for sock in sockets:
        sock.close()


def address_of(sockets: list[socket.socket], *, host: str) -> str:
    """Where a browser on this machine finds the server."""
    port = sockets[0].getsockname()[1]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _refused(error: OSError, host: str, port: int) -> SlotwiseError:
    reason = (error.strerror or str(error)).lower()
    return SlotwiseError(
        f"port: got {port} on {host} ({reason}); allowed a free port of this machine", code="port_refused"
    )

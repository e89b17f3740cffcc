# SPDX-License-Identifier: Apache-2.0
"""Where a server listens."""

from __future__ import annotations

import socket

import pytest

from bandit.commands import listening
from bandit.errors import Invalid, SlotwiseError


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),  # noqa: S104 - the point of the test
        ("::", False),
        ("", False),
        ("10.0.0.1", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("0x7f.1", False),
    ],
)
def test_what_is_a_loopback_address(host: str, is_loopback: bool) -> None:
    """Only what this machine alone can reach; a name that merely looks like it is not."""
    assert listening.is_loopback(host) is is_loopback


def test_any_free_port() -> None:
    """Port 0 is replaced by the one that the system chose."""
    sockets = listening.bound("127.0.0.1", 0)
    port = sockets[0].getsockname()[1]
    assert listening.address_of(sockets, host="127.0.0.1") == f"http://127.0.0.1:{port}"
    listening.close(sockets)


def test_nothing_is_accepted_before_listening() -> None:
    """A bound port refuses connections until the server says that it can serve."""
    sockets = listening.bound("127.0.0.1", 0)
    address = sockets[0].getsockname()
    with socket.socket() as client:
        assert client.connect_ex(address) != 0
    listening.listen(sockets, host="127.0.0.1", port=address[1])
    with socket.socket() as client:
        assert client.connect_ex(address) == 0
    listening.close(sockets)


def test_two_that_bound_the_same_port() -> None:
    """Of two programs that bound a port, the second one to listen is refused."""
    first = listening.bound("127.0.0.1", 0)
    port = first[0].getsockname()[1]
    second = listening.bound("127.0.0.1", port)
    listening.listen(first, host="127.0.0.1", port=port)
    with pytest.raises(SlotwiseError, match=f"port: got {port} on 127.0.0.1 \\(address already in use\\)"):
        listening.listen(second, host="127.0.0.1", port=port)
    listening.close([*first, *second])


def test_a_host_that_is_not_here() -> None:
    """An address of another machine cannot be listened on."""
    with pytest.raises(SlotwiseError, match=r"port: got 0 on 192.0.2.1"):
        listening.bound("192.0.2.1", 0)


@pytest.mark.parametrize("host", ["no such host", "a" * 70 + ".example", "256.1.1.1 "])
def test_a_host_that_is_no_host(host: str) -> None:
    """A name without an address is wrong usage."""
    with pytest.raises(Invalid, match="host: got"):
        listening.bound(host, 0)

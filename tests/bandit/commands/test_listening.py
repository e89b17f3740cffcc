# SPDX-License-Identifier: Apache-2.0
"""Where a server listens."""

from __future__ import annotations

import socket

import pytest

from bandit.commands import listening
from bandit.errors import Invalid, SlotwiseError


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

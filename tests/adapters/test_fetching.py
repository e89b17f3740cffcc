# SPDX-License-Identifier: Apache-2.0
"""Fetching: answers are bounded, and their headers are read with care."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.fetching import LONGEST_WAIT_S, Fetcher, FetchFailed, Request


@pytest.fixture
def fetcher() -> Fetcher:
    """A fetcher that may ask loopback."""
    return Fetcher(allow_private=True, max_bytes=1000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0), ("99999999999999", LONGEST_WAIT_S), ("-5", None), ("soon", None),
        ("", None), ("²", None),
        ("Sat, 21 Nov 2026 12:10:00 GMT", 600.0), ("Sat, 21 Nov 2020 12:10:00 GMT", 0.0),
    ],
)  # fmt: skip
async def test_retry_after(fetcher: Fetcher, stub: Any, value: str, expected: float | None) -> None:
    """Seconds and dates are understood, relative to the server's own clock; nonsense is nothing."""
    stub.status, stub.data = 503, {}
    stub.headers = {"Retry-After": value, "Date": "Sat, 21 Nov 2026 12:00:00 GMT"}
    with pytest.raises(FetchFailed) as caught:
        await fetcher.get(Request(url=stub.url))
    assert (caught.value.reason, caught.value.retry_after_s) == ("http_503", expected)


@pytest.mark.parametrize(("length", "fits"), [(990, True), (1200, False)])
async def test_size(fetcher: Fetcher, stub: Any, length: int, fits: bool) -> None:
    """An answer up to the limit is read, a longer one is given up."""
    stub.data = "x" * length
    if fits:
        assert (await fetcher.get(Request(url=stub.url))).data == stub.data
    else:
        with pytest.raises(FetchFailed, match="too_large"):
            await fetcher.get(Request(url=stub.url))


async def test_declared_size(fetcher: Fetcher) -> None:
    """An answer that announces more than the limit is given up before anything of it has come."""

    hung_up = asyncio.Event()

    async def announce(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
        await reader.read()
        writer.close()
        await writer.wait_closed()
        hung_up.set()

    async with await asyncio.start_server(announce, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(FetchFailed, match="too_large"):
            await fetcher.get(Request(url=f"http://127.0.0.1:{port}/"))
        await hung_up.wait()


async def test_parameters_and_headers(fetcher: Fetcher, stub: Any) -> None:
    """Parameters and headers of the request are sent beside the usual ones."""
    stub.data = []
    await fetcher.get(Request(url=f"{stub.url}/p", params={"q": "a b&c"}, headers={"X-Test": "1"}))
    (asked,) = stub.asked
    assert (asked.path, asked.query["q"], asked.headers["X-Test"]) == ("/p", "a b&c", "1")
    assert asked.headers["User-Agent"] == "slotwise"


async def test_no_proxy_from_the_environment(
    fetcher: Fetcher, stub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy named in the environment is not used: it would resolve names for itself."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    stub.data = {"direct": True}
    assert (await fetcher.get(Request(url=stub.url))).data == {"direct": True}


async def test_nobody_listens(fetcher: Fetcher) -> None:
    """A refused connection is a failure with a reason."""
    with pytest.raises(FetchFailed, match="connection"):
        await fetcher.get(Request(url="http://127.0.0.1:1/"))

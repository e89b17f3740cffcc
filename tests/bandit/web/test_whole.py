# SPDX-License-Identifier: Apache-2.0
"""Answers in one piece, and the direct way to endpoints: clients get what aiohttp would have sent."""

from __future__ import annotations

import asyncio
import json
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import structlog


def asking(site: Any, path: str, *more: str, method: str = "GET", version: str = "1.1") -> bytes:
    """The bytes of a request without a body."""
    lines = [f"{method} {path} HTTP/{version}", "Host: x", f"X-API-Key: {site.keys['admin']}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def answer(reader: asyncio.StreamReader, *, body: bool = True) -> tuple[str, dict[str, str], bytes]:
    """Status line, headers and body of the next answer of a connection."""
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
    headers = dict(line.split(": ", 1) for line in lines)
    assert len(headers) == len(lines)
    return status, headers, await reader.readexactly(int(headers["Content-Length"])) if body else b""


async def test_an_answer_in_one_piece_is_as_any_other(site: Any) -> None:
    """A connection that is kept gets the same status, headers and body as one that is to be closed."""
    got = []
    for more in ((), ("Connection: close",)):
        reader, writer = await asyncio.open_connection(site.client.host, site.client.port)
        writer.write(asking(site, "/v1/placements", *more))
        got.append(await answer(reader))
        writer.close()
        await writer.wait_closed()
    (status, kept, body), (closed_status, closed, closed_body) = got
    assert (status, body) == (closed_status, closed_body) == ("HTTP/1.1 200 OK", closed_body)
    assert closed.pop("Connection") == "close"
    assert abs(parsedate_to_datetime(kept.pop("Date")) - parsedate_to_datetime(closed.pop("Date"))).days == 0
    assert kept == closed


@pytest.mark.parametrize(
    ("request_line", "keeps"),
    [({"version": "1.0"}, False), ({"version": "1.0", "keep": True}, True), ({"method": "HEAD"}, True)],
)
async def test_who_asks_otherwise_is_answered_otherwise(
    site: Any, request_line: dict[str, Any], keeps: bool
) -> None:
    """HTTP/1.0 is answered as it expects, and HEAD without a body."""
    more = ["Connection: keep-alive"] if request_line.pop("keep", False) else []
    reader, writer = await asyncio.open_connection(site.client.host, site.client.port)
    asked = asking(site, "/v1/placements", *more, **request_line)
    for _ in range(2 if keeps else 1):
        writer.write(asked)
        status, _, body = await answer(reader, body="method" not in request_line)
        assert status == f"HTTP/{request_line.get('version', '1.1')} 200 OK"
        assert (body == b"") == ("method" in request_line)
    if not keeps:
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("path", ["/v1/placements?x=1", "/v1/%70lacements", "/v1/placements#here"])
async def test_other_spellings_of_a_path_take_the_long_way(site: Any, path: str) -> None:
    """What is not found directly is found by the router: the answer is the same."""
    reader, writer = await asyncio.open_connection(site.client.host, site.client.port)
    bodies = []
    for each in ("/v1/placements", path):
        writer.write(asking(site, each))
        bodies.append((await answer(reader))[2])
    assert bodies[0] == bodies[1]
    writer.close()
    await writer.wait_closed()


async def test_a_slow_reader_gets_everything(site: Any) -> None:
    """A client that asks much and reads late gets every answer, whole and in order."""
    reader, writer = await asyncio.open_connection(site.client.host, site.client.port)
    count = 80
    writer.write(asking(site, "/openapi.json") * count)
    await writer.drain()
    assert (await site.ask("GET", "/healthz")).status == 200
    documents = [(await answer(reader))[2] for _ in range(count)]
    assert len(set(documents)) == 1
    assert json.loads(documents[0])["openapi"].startswith("3.")
    writer.close()
    await writer.wait_closed()


async def test_a_client_that_does_not_wait_for_its_answer_is_let_go(
    site: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that leaves before it is answered leaves no trace in the program's log."""
    body = b'{"placement": "home"}'
    more = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    with structlog.testing.capture_logs() as lines:
        for _ in range(20):
            _, writer = await asyncio.open_connection(site.client.host, site.client.port)
            writer.write(asking(site, "/v1/rank", *more, method="POST") + body)
            await writer.drain()
            writer.transport.abort()
        assert (await site.ask("GET", "/healthz")).status == 200
    assert lines == []
    assert caplog.records == []

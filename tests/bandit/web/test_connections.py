# SPDX-License-Identifier: Apache-2.0
"""Bytes on the wire: slow, broken and unfinished requests, and how connections end."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import structlog


async def exchange(site: Any, *parts: bytes) -> tuple[bytes, dict[str, Any]]:
    """Send raw bytes and read until the server closes; returns the head and the body of its last answer."""
    reader, writer = await asyncio.open_connection(site.client.host, site.client.port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        received = await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()
    head, _, body = received.rpartition(b"\r\n\r\n")
    return head, json.loads(body)


def rank(site: Any, *more: str, body: bytes = b"") -> bytes:
    """The bytes of a rank with further header lines."""
    lines = ["POST /v1/rank HTTP/1.1", "Host: x", f"X-API-Key: {site.keys['server']}", *more]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@pytest.mark.parametrize("framing", ["Content-Length: 100", "Transfer-Encoding: chunked"])
async def test_a_body_that_never_ends_is_given_up(open_site: Any, framing: str) -> None:
    """When a body does not arrive in time, the request is refused and the connection closed."""
    site = await open_site(body_timeout_s=0.05)
    before = site.standing()
    head, body = await exchange(site, rank(site, framing))
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in head.lower()
    assert body["error"]["code"] == "body_too_slow"
    assert site.standing() == before


async def test_a_chunked_body_is_cut_at_the_limit(open_site: Any) -> None:
    """A body that does not say how long it is is read no further than allowed."""
    site = await open_site(rank_body_bytes=1000)
    chunk = b"3e8\r\n" + b" " * 1000 + b"\r\n"
    ends = "Connection: close"
    head, body = await exchange(
        site, rank(site, "Transfer-Encoding: chunked", ends, body=chunk * 3 + b"0\r\n\r\n")
    )
    assert head.startswith(b"HTTP/1.1 413 ")
    assert body["error"]["code"] == "body_too_large"


async def test_chunked_bodies_are_read(site: Any) -> None:
    """A body may come in pieces."""
    chunks = b'8\r\n{"placem\r\n' + b'd\r\nent": "home"}\r\n' + b"0\r\n\r\n"
    head, body = await exchange(
        site, rank(site, "Transfer-Encoding: chunked", "Connection: close", body=chunks)
    )
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body["placement"] == "home"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET /" + b"y" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n",
        b"POST /v1/rank HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/rank HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET http://[/ HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=[
        "tls",
        "no path",
        "version",
        "long header",
        "long path",
        "header name",
        "length",
        "two framings",
        "url",
    ],
)
async def test_what_is_not_http_is_refused(
    site: Any, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be parsed is refused in the one shape too, with one line and no traceback."""
    with structlog.testing.capture_logs() as lines:
        head, body = await exchange(site, request_bytes)
    assert head.split()[1] == b"400"
    assert body["error"]["code"] == "malformed_request"
    assert [line["event"] for line in lines] == ["refused"]
    assert caplog.records == []


async def test_a_broken_chunk_is_refused(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A body whose framing breaks is refused without a traceback."""
    with structlog.testing.capture_logs() as lines:
        head, body = await exchange(site, rank(site, "Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n"))
    assert head.split()[1] == b"400"
    assert body["error"]["code"] in ("malformed_body", "malformed_request")
    assert {line["event"] for line in lines} == {"refused"}
    assert caplog.records == []


async def test_a_client_that_leaves_is_let_go(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A client that closes in the middle of its body leaves no trace, and the server goes on."""
    before = site.standing()
    with structlog.testing.capture_logs() as lines:
        _, writer = await asyncio.open_connection(site.client.host, site.client.port)
        writer.write(rank(site, "Content-Length: 100", body=b'{"pla'))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await site.ask("GET", "/healthz")).status == 200
    assert site.standing() == before
    assert [line for line in lines if line["log_level"] == "error"] == []
    assert caplog.records == []


async def test_a_client_that_waits_is_asked_for_its_body(site: Any) -> None:
    """`Expect: 100-continue` is answered before the body comes."""
    body = b'{"placement": "home"}'
    reader, writer = await asyncio.open_connection(site.client.host, site.client.port)
    writer.write(rank(site, "Expect: 100-continue", f"Content-Length: {len(body)}", "Connection: close"))
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(body)
    assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()
    await writer.wait_closed()


async def test_other_expectations_are_refused(site: Any) -> None:
    """Nothing else can be expected."""
    reply = await site.refused("POST", "/v1/rank", {"placement": "home"}, headers={"Expect": "a miracle"})
    assert (reply.status, reply.error["code"]) == (417, "expectation_failed")

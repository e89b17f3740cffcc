# SPDX-License-Identifier: Apache-2.0
"""Everything that a broken or hostile weather server may send instead of the weather."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from functools import lru_cache

import orjson

Trouble = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]
"""Writes what goes wrong; given the answer that would have been right."""

GIGABYTE = 1 << 30
CHUNK = b" " * 65_536
DRIP_S = 0.02
JSON = "application/json"


async def answer(
    writer: asyncio.StreamWriter, body: bytes, *, status: str = "200 OK", kind: str = JSON, more: str = ""
) -> None:
    """Write a whole HTTP answer.

    Args: more: further header lines, each with its end.
    """
    writer.write(head(status, kind=kind, more=f"{more}Content-Length: {len(body)}\r\n") + body)


def head(status: str = "200 OK", *, kind: str = JSON, more: str = "") -> bytes:
    """The status line and the headers of an answer."""
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Connection: close\r\n\r\n".encode()


async def hangs(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Takes the question and never says a word."""
    await writer.drain()
    await asyncio.Event().wait()


async def stalls(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Stops in the middle of the answer."""
    writer.write(head(more=f"Content-Length: {len(body)}\r\n") + body[: len(body) // 2])
    await hangs(writer, body)


async def drips(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Sends a byte now and then, so that no pause is long."""
    writer.write(head(more=f"Content-Length: {len(body)}\r\n"))
    for byte in body:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(DRIP_S)


async def breaks_off(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Hangs up before the end of what it has announced."""
    writer.write(head(more=f"Content-Length: {len(body)}\r\n") + body[: len(body) // 2])


async def fails(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Answers 500."""
    await answer(writer, b'{"error": true}', status="500 Internal Server Error")


async def asks_for_a_pause(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Answers 429 and wants to be left alone for three hundred years."""
    await answer(writer, b"{}", status="429 Too Many Requests", more="Retry-After: 9999999999\r\n")


async def shows_a_page(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Answers with HTML, as captive portals and maintenance pages do."""
    await answer(writer, b"<!doctype html><title>Back soon</title>", kind="text/html")


async def truncates(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Answers with half of the JSON as if it were all."""
    await answer(writer, body[: len(body) // 2])


async def sends_a_gigabyte(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Announces 1 GB and delivers."""
    writer.write(head(more=f"Content-Length: {GIGABYTE}\r\n"))
    for _number in range(GIGABYTE // len(CHUNK)):
        writer.write(CHUNK)
        await writer.drain()


async def never_ends(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Sends chunk after chunk."""
    writer.write(head(more="Transfer-Encoding: chunked\r\n"))
    while True:
        writer.write(b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK))
        await writer.drain()


async def never_ends_its_headers(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Sends header after header."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: %b\r\n" % CHUNK[:1000].replace(b" ", b"x"))
        await writer.drain()


async def sends_a_bomb(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Sends a few kilobytes that unpack to many megabytes, though nobody asked for packed answers."""
    await answer(writer, packed(body), more="Content-Encoding: gzip\r\n")


@lru_cache(maxsize=16)
def packed(body: bytes, *, then: int = 256) -> bytes:
    """An answer followed by `then` chunks of nothing, as gzip packs it."""
    gzip = zlib.compressobj(wbits=31)
    return b"".join([gzip.compress(body), *(gzip.compress(CHUNK) for _ in range(then)), gzip.flush()])


async def is_not_a_number(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Writes NaN where the temperature belongs, as many JSON writers do."""
    given = orjson.dumps(orjson.loads(body)["current"]["temperature_2m"])
    await answer(writer, body.replace(b'"temperature_2m":' + given, b'"temperature_2m":NaN'))


async def redirects(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Sends the caller to another server on loopback."""
    await answer(writer, b"", status="302 Found", more="Location: http://127.0.0.1:22/latest/meta-data/\r\n")


async def uses_other_units(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Answers in Fahrenheit, and says so."""
    await answer(writer, body.replace("°C".encode(), "°F".encode()))


async def hides_its_units(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Answers in Kelvin, and does not say so."""
    data = orjson.loads(body)
    data["current"]["temperature_2m"] += 273.15
    data["current"]["apparent_temperature"] += 273.15
    await answer(writer, orjson.dumps(data))


async def speaks_no_http(writer: asyncio.StreamWriter, _: bytes) -> None:
    """Answers in another protocol."""
    writer.write(b"SSH-2.0-OpenSSH_9.2p1\r\n")


async def misnames_its_type(writer: asyncio.StreamWriter, body: bytes) -> None:
    """Calls the right answer a picture."""
    await answer(writer, body, kind="image/png")


TROUBLES: dict[str, Trouble] = {
    "hang": hangs,
    "stall": stalls,
    "drip": drips,
    "break_off": breaks_off,
    "http_500": fails,
    "retry_after": asks_for_a_pause,
    "html": shows_a_page,
    "truncated": truncates,
    "gigabyte": sends_a_gigabyte,
    "endless": never_ends,
    "endless_headers": never_ends_its_headers,
    "gzip_bomb": sends_a_bomb,
    "nan": is_not_a_number,
    "redirect": redirects,
    "units": uses_other_units,
    "kelvin": hides_its_units,
    "no_http": speaks_no_http,
    "picture": misnames_its_type,
}

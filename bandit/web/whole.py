# SPDX-License-Identifier: Apache-2.0
"""Responses that are written in one piece, behind a head that is ready but for its length and date.

aiohttp puts every head together anew, which takes longer than all else that an answer needs, and ranks are
answered thousands of times a second with the same headers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import formatdate
from functools import lru_cache

from aiohttp import HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter


def head(headers: Mapping[str, str]) -> bytes:
    """The head of a 200 with these headers, but for its length and date."""
    return "\r\n".join(["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in headers.items())]).encode()


def kept(request: web.BaseRequest) -> bool:
    """Whether the connection stays open after a body was sent: only such requests may be answered whole."""
    return request.keep_alive and request.version == HttpVersion11 and request.method != "HEAD"


class Whole(web.StreamResponse):
    """A response of which every byte is known; `head` comes from `head()`."""

    keep_alive = True  # what aiohttp would work out from the request

    def __init__(self, head: bytes, body: bytes) -> None:
        super().__init__()
        self._whole = b"%b\r\nContent-Length: %d\r\nDate: %b\r\n\r\n%b" % (
            head,
            len(body),
            _date(int(time.time())),
            body,
        )

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Write all of it, and wait where the client does not read as fast as it asks."""
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("nobody is there to read the answer")
        transport.write(self._whole)
        await request.writer.drain()
        return request.writer

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return formatdate(second, usegmt=True).encode()

# SPDX-License-Identifier: Apache-2.0
"""From an untrusted body to typed values: size, time, encoding and type are checked before decoding."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import orjson
from aiohttp import web

from bandit.core.decoding import explained, shorten
from bandit.errors import Invalid
from bandit.web.error_shape import Refused

T = TypeVar("T")

JSON = frozenset({"application/json"})
MERGE_PATCH = frozenset({"application/json", "application/merge-patch+json"})

# Who somebody is and what is known of them: an answer says what is wrong with it, and repeats none of it.
_PERSONAL = frozenset({"user", "context"})
_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})


class Bodies:
    """Reads the bodies of a route.

    Args:
        limit: most bytes that are read; timeout_s: how long they may take to arrive.
        types: the content types that are allowed; a body whose type is not given is taken for JSON.
    """

    def __init__(self, *, limit: int, timeout_s: float, types: frozenset[str]) -> None:
        self._limit = limit
        self._timeout_s = timeout_s
        self._types = types

    def arrived(self, request: web.Request) -> bytes | None:
        """A body that is here already, as nearly all are, or None when it must be waited for.

        Raises:
            Refused: too large, compressed, or of another type.
        """
        _check_headers(request, types=self._types)
        if not request.content.is_eof():
            return None
        try:
            body = request.content.read_nowait()
        except web.RequestPayloadError:
            raise _broken() from None
        if len(body) > self._limit:
            raise _too_large(self._limit)
        return body

    async def awaited(self, request: web.Request) -> bytes:
        """A body that has not arrived yet.

        Raises:
            Refused: too large, or too slow.
        """
        if (length := request.content_length) is not None and length > self._limit:
            raise _too_large(self._limit)
        parts = bytearray()
        try:
            async with asyncio.timeout(self._timeout_s):
                while chunk := await request.content.readany():
                    parts += chunk
                    if len(parts) > self._limit:
                        raise _too_large(self._limit)
        except TimeoutError:
            raise Refused(
                f"body: got no end of it within {self._timeout_s:g} s; allowed one that arrives sooner",
                status=408,
                code="body_too_slow",
            ) from None
        except web.RequestPayloadError:
            raise _broken() from None
        return bytes(parts)


def _check_headers(request: web.Request, *, types: frozenset[str]) -> None:
    headers = request.headers
    encoding = headers.get("Content-Encoding")
    if encoding is not None and encoding.strip().lower() != "identity":
        raise Refused(
            f"content-encoding: got {shorten(encoding)}; allowed none",
            status=415,
            code="unsupported_encoding",
        )
    given = headers.get("Content-Type")
    if given is None or given == "application/json" or not request.body_exists:
        return
    kind, _, parameters = given.partition(";")
    charset = request.charset if parameters else None
    if kind.strip().lower() not in types or (charset and charset.lower() not in _CHARSETS):
        raise Refused(
            f"content-type: got {shorten(given)}; allowed {', '.join(sorted(types))} in UTF-8",
            status=415,
            code="unsupported_type",
        )


def _broken() -> Invalid:
    return Invalid("body: got one whose framing is broken; allowed well-formed HTTP", code="malformed_body")


def _too_large(limit: int) -> Refused:
    return Refused(f"body: got more than {limit} bytes; allowed {limit}", status=413, code="body_too_large")


def decode(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """Decode JSON; of a key that occurs twice the last one counts.

    Raises:
        Invalid: malformed, nested too deeply, or not of the decoder's type; then it names the field.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise explained(error, _plain(body), kind=decoder.type) from None
    except msgspec.DecodeError as error:
        raise _malformed(str(error)) from None
    except UnicodeDecodeError:
        raise _malformed("not UTF-8") from None
    except RecursionError:
        raise _malformed("nested too deeply") from None


def decode_query(kind: type[T], query: Mapping[str, str]) -> T:
    """Decode what follows the "?"; of a name that occurs twice the last one counts.

    Raises:
        Invalid: an unknown name, or a value that is not allowed.
    """
    given = dict(query)
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise explained(error, given, kind=kind) from None


def _malformed(why: str) -> Invalid:
    return Invalid(f"body: got malformed JSON ({why}); allowed JSON", code="malformed_json")


def _plain(body: bytes | msgspec.Raw) -> Any:
    """What of the body may be shown, only to show the offending value; None when it cannot be had."""
    try:
        data = orjson.loads(memoryview(body))
    except orjson.JSONDecodeError:
        return None
    if isinstance(data, dict):
        return {name: value for name, value in data.items() if name not in _PERSONAL}
    return data

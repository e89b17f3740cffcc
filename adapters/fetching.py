# SPDX-License-Identifier: Apache-2.0
"""Asks outside servers for JSON, trusting nothing: bounded time, bounded size, no redirects, no bombs."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

import httpx
import orjson

from adapters.outbound import PinnedTransport, Resolve, TargetRefused, resolve

AGENT = "slotwise"
logging.getLogger("httpx").setLevel(
    logging.WARNING
)  # at INFO it logs addresses, and with them providers' keys
LONGEST_WAIT_S = 86_400.0


class FetchFailed(Exception):
    """No usable answer came.

    Args:
        reason: one of a small closed set, fit for a metric's label: timeout, connection, refused, redirect,
            too_large, encoded, not_json, unusable, or http_<status>.
        retry_after_s: what the server asked for, None if nothing.
    """

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to ask: an address with its parameters, and headers beyond the usual ones."""

    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer: `data` is parsed JSON, None where the status is 304 (not modified).

    Args:
        fresh_s: for how long the server says it is fresh, 0 where it does not say.
        modified: the Last-Modified header as it came.
    """

    status: int
    data: object
    fresh_s: float
    modified: str


class Fetcher:
    """Makes requests one by one; holds no connection between them."""

    def __init__(
        self,
        *,
        allow_private: bool = False,
        timeout_s: float = 5.0,
        max_bytes: int = 524_288,
        agent: str = AGENT,
        resolve: Resolve = resolve,
    ) -> None:
        """Prepare; see `adapters.outbound` for what `allow_private` and `resolve` mean."""
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._headers = {"User-Agent": agent, "Accept": "application/json", "Accept-Encoding": "identity"}
        self._resolve = resolve
        certificates()

    async def get(self, request: Request) -> Fetched:
        """Ask once.

        Raises: FetchFailed, and nothing else.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._get(request)
        except (TimeoutError, httpx.TimeoutException):
            raise FetchFailed("timeout") from None
        except (TargetRefused, httpx.InvalidURL):
            raise FetchFailed("refused") from None
        except (httpx.HTTPError, ssl.SSLError, OSError):
            raise FetchFailed("connection") from None

    async def _get(self, request: Request) -> Fetched:
        transport = PinnedTransport(
            httpx.AsyncHTTPTransport(verify=certificates()),
            allow_private=self._allow_private,
            resolve=self._resolve,
        )
        async with (
            httpx.AsyncClient(transport=transport, timeout=self._timeout_s, follow_redirects=False) as client,
            client.stream(
                "GET", request.url, params=request.params, headers={**self._headers, **request.headers}
            ) as response,
        ):
            status = response.status_code
            if status == 304:
                return Fetched(status=status, data=None, fresh_s=_fresh_s(response), modified="")
            if 300 <= status < 400:
                raise FetchFailed("redirect")
            if status not in (200, 203):
                raise FetchFailed(f"http_{status}", retry_after_s=_retry_after_s(response))
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise FetchFailed("encoded")  # we asked for plain bytes: this may be a decompression bomb
            if _declared_bytes(response) > self._max_bytes:
                raise FetchFailed("too_large")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self._max_bytes:
                    raise FetchFailed("too_large")
            modified = response.headers.get("Last-Modified", "")[:64]
            fresh_s = _fresh_s(response)
        try:
            data = orjson.loads(body)  # refuses NaN and infinities
        except orjson.JSONDecodeError:
            raise FetchFailed("not_json") from None
        return Fetched(status=status, data=data, fresh_s=fresh_s, modified=modified)


@lru_cache(maxsize=1)
def certificates() -> ssl.SSLContext:
    """Whom we trust; slow to make, so made once."""
    return ssl.create_default_context()


def _declared_bytes(response: httpx.Response) -> int:
    """The size that the server announces, 0 where it does not; what it sends is counted all the same."""
    value = response.headers.get("Content-Length", "")
    return int(value[:18]) if value.isascii() and value.isdigit() else 0


def _retry_after_s(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_WAIT_S)
    return _until_s(value, response)


def _fresh_s(response: httpx.Response) -> float:
    return _until_s(response.headers.get("Expires", ""), response) or 0.0


def _until_s(value: str, response: httpx.Response) -> float | None:
    """Seconds from the server's own date to a date, so that a wrong clock on either side does not matter."""
    until, now = _date(value), _date(response.headers.get("Date", ""))
    if until is None:
        return None
    return min(max((until - (now or datetime.now(UTC))).total_seconds(), 0.0), LONGEST_WAIT_S)


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

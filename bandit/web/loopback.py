# SPDX-License-Identifier: Apache-2.0
"""Who may ask a server that asks nobody for a key: programs of this machine, and pages that it serves itself.

A browser fetches for any page. A page whose name is made to lead to this machine (DNS rebinding) could read
all that the server has, but its requests name the page's own host. A page of another origin cannot read
answers, but could change things without reading one; browsers say from where they post.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from aiohttp import web
from multidict import CIMultiDictProxy, istr

from bandit.core.decoding import shorten
from bandit.errors import Forbidden
from bandit.web.answers import Answers

Handler = Callable[[Any], Awaitable[web.StreamResponse]]
Guard = Callable[[Handler], Handler]
GUARD: web.AppKey[Guard] = web.AppKey("guard")
"""Stands before every handler of an application, the console's and the router's included."""

READING = frozenset({"GET", "HEAD"})
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_PARTS = re.compile(
    r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9][a-z0-9._-]*))(?::(?P<port>[0-9]{1,5}))?"
)
_HOST, _ORIGIN, _SITE = istr("Host"), istr("Origin"), istr("Sec-Fetch-Site")


def is_loopback(host: str) -> bool:
    """Whether a name or address always means this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def loopback_only(answers: Answers) -> Guard:
    """The guard of a server that asks nobody for a key."""

    def guard(handler: Handler) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                check_caller(request.method, request.headers)
            except Forbidden as error:
                return answers.refusal(error, caller="")
            return await handler(request)

        return handle

    return guard


def everyone(handler: Handler) -> Handler:
    """The guard of a server that asks for keys: no browser sends one by itself."""
    return handler


def check_caller(method: str, headers: CIMultiDictProxy[str]) -> None:
    """Refuse a request that a page of another origin may have made a browser send.

    Raises:
        Forbidden: the host is no loopback name, or more than reading is asked by another origin.
    """
    # Several headers of a name are one text with commas here, which is no host and no origin.
    host = ",".join(headers.getall(_HOST, ()))
    if not _names_this_machine(host):
        raise Forbidden(
            f"host: got {shorten(host)}; with --open allowed localhost or a loopback address",
            code="host_not_allowed",
        )
    if method in READING:
        return
    origin = ",".join(headers.getall(_ORIGIN, ()))
    if origin:
        if not _is_origin_of(origin, host):
            raise Forbidden(
                f"origin: got {shorten(origin)}; with --open allowed http://{host}, or none;"
                " pages of other origins need a server without --open, and a publishable key",
                code="origin_not_allowed",
            )
    elif (site := headers.get(_SITE, "none")) not in ("same-origin", "none"):
        raise Forbidden(
            f"sec-fetch-site: got {shorten(site)}; with --open allowed same-origin", code="origin_not_allowed"
        )


@lru_cache(maxsize=64)
def _names_this_machine(host: str) -> bool:
    """Whether a Host header names this machine, on whatever port: it may have been forwarded from another."""
    name = _split(host)[0]
    # Of names below localhost no other machine can be the owner (RFC 6761, section 6.3).
    return is_loopback(name) or name.endswith(".localhost")


@lru_cache(maxsize=64)
def _is_origin_of(origin: str, host: str) -> bool:
    """Whether pages of an origin came from `host`, a Host header."""
    scheme, mark, place = origin.lower().partition("://")
    default = _DEFAULT_PORTS.get(scheme)
    if not mark or default is None:
        return False
    (name, port), (own_name, own_port) = _split(place), _split(host)
    return (name, port or default) == (own_name, own_port or default)


def _split(host: str) -> tuple[str, str]:
    """Name and port of a host, the port empty when it has none; both are empty when it is no host at all."""
    if not (parts := _PARTS.fullmatch(host.lower())):
        return "", ""
    return parts["address"] or parts["name"], parts["port"] or ""

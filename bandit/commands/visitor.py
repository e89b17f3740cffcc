# SPDX-License-Identifier: Apache-2.0
"""A visitor described on the command line, as the context of a request."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from adapters.client_hints import HEADERS
from bandit.core.decoding import shorten
from bandit.errors import Invalid

_GPC, _USER_AGENT = "sec-gpc", "user-agent"


class Visitor(NamedTuple):
    """Who is asked about.

    Args:
        context: as a rank would carry it.
        at: when; None for now.
        gpc: whether the browser sends Global Privacy Control.
    """

    context: dict[str, Any]
    at: datetime | None
    gpc: bool


def moment(text: str) -> datetime:
    """A time with its zone, for argparse."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 <= at.year <= 9997:
        raise ArgumentTypeError(
            f"got {shorten(text)}; allowed a time with its zone, e.g. 2026-12-24T18:00:00Z"
        )
    return at


def visitor_of(
    *,
    ip: str | None = None,
    user_agent: str | None = None,
    headers: Sequence[str] = (),
    fields: Sequence[str] = (),
    at: datetime | None = None,
) -> Visitor:
    """The visitor that options describe.

    Args:
        headers, fields: each NAME=VALUE.

    Raises:
        Invalid: an option that is not of that form, or a header that nothing reads.
    """
    context: dict[str, Any] = {}
    gpc = False
    if ip is not None:
        _put(context, "location.ip", ip)
    if user_agent is not None:
        _put(context, "device.user_agent", user_agent)
    for name, value in (_pair(each, option="header") for each in headers):
        match name.lower():
            case "sec-gpc":
                gpc = value == "1"
            case "user-agent":
                _put(context, "device.user_agent", value)
            case hint if hint in HEADERS:
                context.setdefault("device", {}).setdefault("client_hints", {})[name] = value
            case _:
                allowed = ", ".join((_GPC, _USER_AGENT, *HEADERS))
                raise Invalid(f"header: got {shorten(name)}; allowed {allowed}", field="header")
    for name, value in (_pair(each, option="field") for each in fields):
        _put(context, name, _plain(value))
    return Visitor(context, at, gpc)


def _pair(text: str, *, option: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not (name and mark):
        raise Invalid(f"{option}: got {shorten(text)}; allowed NAME=VALUE", field=option)
    return name, value


def _put(context: dict[str, Any], name: str, value: object) -> None:
    *above, last = name.split(".")
    inner = context
    for step in above:
        inner = inner.setdefault(step, {})
        if not isinstance(inner, dict):
            raise Invalid(
                f"field: got {shorten(name)}, but {step} has a value; allowed one of both", field="field"
            )
    inner[last] = value


def _plain(text: str) -> object:
    """A number, true, false, null or a list as JSON writes it; anything else is a text."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text

# SPDX-License-Identifier: Apache-2.0
"""What a handler is given and what it gives back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
import orjson
from aiohttp import web
from multidict import CIMultiDictProxy

from bandit.service import Service
from bandit.web.auth import Caller

B = TypeVar("B")


@dataclass(slots=True)
class Call(Generic[B]):
    """One request, checked.

    Args:
        service: what it is translated to; app: where the process keeps the rest.
        caller: who asks; its role was checked.
        body: decoded, of the route's type; None for routes without one.
        path: the variable parts of the path, by name.
        headers: as they were sent.
        query: what followed the "?", of the route's type; None for routes without one.
    """

    service: Service
    app: web.Application
    caller: Caller
    body: B
    path: Mapping[str, str]
    headers: CIMultiDictProxy[str]
    query: Any = None


@dataclass(slots=True, frozen=True)
class Answer:
    """A reply whose status is not the route's usual one, or one that is no JSON but bytes of another type."""

    reply: Any
    status: int | None = None
    content_type: str | None = None


Handler = Callable[[Call[Any]], Awaitable[Any]]
"""Gives the reply: what `encode` writes, an Answer around that, or None for an empty body."""


def encode(reply: object) -> bytes:
    """A reply as JSON; the types of `shapes` are turned into what orjson writes."""
    return orjson.dumps(reply, default=msgspec.to_builtins)

# SPDX-License-Identifier: Apache-2.0
"""The shortest way from a request to its endpoint: fixed paths are looked up, the rest is aiohttp's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from bandit.web.endpoint import Endpoint

Handler = Callable[[Any], Awaitable[web.StreamResponse]]
Direct = dict[tuple[str, str], Endpoint]
"""The endpoints of paths without variable parts, by method and path; aiohttp's router finds them as well."""

DIRECT = web.AppKey("direct", Direct)


def directly(endpoints: Direct, otherwise: Handler) -> Handler:
    """A handler that asks the router, `otherwise`, only for what it does not find in `endpoints`.

    Clients that wait to be told to send the body are left to the router too, which tells them.
    """

    async def handle(request: web.Request) -> web.StreamResponse:
        endpoint = endpoints.get((request.method, request.raw_path))
        if endpoint is None or "Expect" in request.headers:
            return await otherwise(request)
        return await endpoint(request)

    return handle

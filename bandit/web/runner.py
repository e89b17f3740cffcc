# SPDX-License-Identifier: Apache-2.0
"""How connections are kept: what aiohttp itself refuses has the one shape too, and nothing is unpacked."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from bandit.errors import SlotwiseError
from bandit.web.call import encode
from bandit.web.direct import DIRECT, Direct, directly
from bandit.web.drain import DRAIN
from bandit.web.error_shape import Refused, shape, unexpected
from bandit.web.headers import JSON_BODY, SECURITY
from bandit.web.loopback import GUARD, Guard
from bandit.web.seen import SEEN, Seen

# How long a connection is read on after an answer that did not wait for the body.
_LINGER_S = 2.0
_IDLE_S = 60.0
_LOOK_EVERY_S = 0.02


_ROUTE = "connection"


class Connection(web.RequestHandler):
    """One connection of a client; `seen` counts what is refused before there is a request."""

    def __init__(self, manager: web.Server, *, seen: Seen, **options: Any) -> None:
        super().__init__(manager, **options)
        self._seen = seen

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - repeats the input, so it is neither logged nor answered
    ) -> web.StreamResponse:
        """Answer what is not HTTP, or what failed before a handler was found, and close."""
        if request.writer.output_size > 0 or isinstance(exc, ConnectionError):
            raise ConnectionError("nobody is there to read an answer, or one is under way already")
        error: SlotwiseError = unexpected()
        if status < 500:
            error = Refused(
                "request: got one that is not well-formed HTTP", status=status, code="malformed_request"
            )
            self._seen.refused(error, route=_ROUTE, status=status, caller="")
        else:
            self._seen.failed(exc, route=_ROUTE, caller="")
        self._seen.answers[_ROUTE][status] += 1
        body = encode(shape(error))
        response = web.Response(body=body, status=status, headers={**SECURITY, **JSON_BODY})
        response.force_close()
        return response


class Connections(web.Server):
    """Makes the connections of a server.

    Args:
        direct: the endpoints that need no router; guard: stands before them and the router.
        seen: counts what never becomes a request.
    """

    def __init__(
        self, server: web.Server, *, direct: Direct, guard: Guard, seen: Seen, **options: Any
    ) -> None:
        handler = guard(directly(direct, server.request_handler))
        super().__init__(handler, request_factory=server.request_factory, **options)
        self._seen = seen
        self._options = options

    def __call__(self) -> web.RequestHandler:
        """A connection for a client that has just come."""
        return Connection(self, seen=self._seen, loop=asyncio.get_running_loop(), **self._options)


class Runner(web.AppRunner):
    """Runs an application of `create_app`.

    Args:
        finish_s: how long requests under way may take to finish once the runner is cleaned up.
    """

    def __init__(self, app: web.Application, *, finish_s: float = 5.0) -> None:
        super().__init__(app, access_log=None, shutdown_timeout=finish_s)

    async def _make_server(self) -> web.Server:
        # The one place where aiohttp lets a runner choose its kind of connection.
        return Connections(
            await super()._make_server(),
            direct=self.app[DIRECT],
            guard=self.app[GUARD],
            seen=self.app[SEEN],
            access_log=None,
            auto_decompress=False,
            lingering_time=_LINGER_S,
            keepalive_timeout=_IDLE_S,
        )

    async def drain(self, *, at_most_s: float) -> None:
        """Stop accepting connections and let clients go, each with its next answer, before `cleanup`.

        Closing a connection that a client keeps for its next request would fail that request, so clients are
        told first. Those that ask nothing within `at_most_s` are closed by `cleanup`.
        """
        self.app[DRAIN].begin()
        for site in list(self.sites):
            await site.stop()
        end = asyncio.get_running_loop().time() + at_most_s
        while self.server is not None and self.server.connections:
            if (left := end - asyncio.get_running_loop().time()) <= 0:
                break
            await asyncio.sleep(min(left, _LOOK_EVERY_S))

# SPDX-License-Identifier: Apache-2.0
"""What is answered where the URL table has nothing: unknown paths, other methods, preflights."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import HttpVersion11, web

from bandit.web.answers import Answers
from bandit.web.drain import Drain
from bandit.web.endpoint import Endpoint
from bandit.web.error_shape import Refused
from bandit.web.headers import CORS, NOTHING, PREFLIGHT
from bandit.web.seen import Seen

Expectation = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


class Fallback:
    """Answers for one application.

    Args:
        drain: whether connections are to be closed; seen: counts the answers.
    """

    def __init__(self, drain: Drain, seen: Seen) -> None:
        self._drain = drain
        self._seen = seen

    def unknown_path(self) -> Endpoint:
        """404 for paths that are not in the table."""
        # The path is not repeated: it is as long and as strange as whoever sent it likes.
        error = Refused(
            "path: got one that is not known; see /openapi.json", status=404, code="route_not_found"
        )
        return self._refusing(error, "unknown path")

    def other_method(self, path: str, *, allowed: Iterable[str], cors: bool) -> Endpoint:
        """405 for methods that a path does not have."""
        known = ", ".join(sorted(allowed))
        error = Refused(
            f"method: got another one; allowed {known}",
            status=405,
            code="method_not_allowed",
            headers={"Allow": known},
        )
        return self._refusing(error, f"other method {path}", cors=cors)

    def preflight(self, path: str) -> Endpoint:
        """Tell a browser that pages of any site may post here with a key; there are no cookies to protect."""
        answers = Answers(
            f"OPTIONS {path}", drain=self._drain, seen=self._seen, status=204, more={**CORS, **PREFLIGHT}
        )

        async def call(_: web.Request) -> web.StreamResponse:
            return answers.reply(None)

        return call

    def expectation(self) -> Expectation:
        """Sends for the body of a client that waits to be told to send it; 417 for all else it may expect."""
        error = Refused(
            "expect: got another expectation; allowed 100-continue", status=417, code="expectation_failed"
        )
        refuse = self._refusing(error, "expectation")

        async def expected(request: web.Request) -> web.StreamResponse | None:
            if request.version < HttpVersion11:
                return None
            if request.headers.get("Expect", "").lower() != "100-continue":
                return await refuse(request)
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            # What was written so far is no part of the answer.
            request.writer.output_size = 0
            return None

        return expected

    def _refusing(self, error: Refused, route: str, *, cors: bool = False) -> Endpoint:
        answers = Answers(route, drain=self._drain, seen=self._seen, more=CORS if cors else NOTHING)

        async def call(_: web.Request) -> web.Response:
            return answers.refusal(error, caller="")

        return call

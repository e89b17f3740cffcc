# SPDX-License-Identifier: Apache-2.0
"""Responses: a route's replies and refusals, with the headers that all of them carry."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from multidict import CIMultiDict

from bandit.errors import SlotwiseError
from bandit.web.call import encode
from bandit.web.drain import Drain
from bandit.web.error_shape import headers_of, shape, status_of, unexpected
from bandit.web.headers import JSON_BODY, NOTHING, SECURITY
from bandit.web.seen import Seen
from bandit.web.whole import Whole, head, kept


class Answers:
    """Makes the responses of one route.

    Args:
        route: its name in the program's log.
        drain: whether connections are to be closed.
        seen: counts them, and tells of refusals.
        status: of a reply that says nothing else.
        more: headers besides those that every answer has.
    """

    def __init__(
        self, route: str, *, drain: Drain, seen: Seen, status: int = 200, more: Mapping[str, str] = NOTHING
    ) -> None:
        self._route = route
        self._drain = drain
        self._seen = seen
        self._answered = seen.answers[route]
        self._status = status
        # aiohttp copies them into each response: one copy of a ready multidict is the cheapest way.
        self._bare = CIMultiDict({**SECURITY, **more})
        self._headers = CIMultiDict({**self._bare, **JSON_BODY})
        self._head = head(self._headers) if status == 200 else None

    def reply(
        self, reply: object, *, status: int | None = None, to: web.Request | None = None
    ) -> web.StreamResponse:
        """A reply as JSON; without a body when there is none.

        Args: status: unless it is the usual one; to: who asked, where the answer needs no more than is ready.
        """
        self._answered[self._status if status is None else status] += 1
        if to is not None and self._head and reply is not None and kept(to) and not self._drain.begun:
            return Whole(self._head, encode(reply))
        status = self._status if status is None else status
        if reply is None:
            response = web.Response(status=status, headers=self._bare)
        else:
            response = web.Response(body=encode(reply), status=status, headers=self._headers)
        if self._drain.begun:
            response.force_close()
        return response

    def text(self, text: bytes, *, content_type: str) -> web.Response:
        """A reply that is not JSON."""
        self._answered[self._status] += 1
        headers = {**self._bare, "Content-Type": content_type}
        response = web.Response(body=text, status=self._status, headers=headers)
        if self._drain.begun:
            response.force_close()
        return response

    def refusal(self, error: SlotwiseError, *, caller: str) -> web.Response:
        """What is wrong, in the one shape; `caller` is the id of the key, empty when it is not known."""
        status = status_of(error)
        self._seen.refused(error, route=self._route, status=status, caller=caller)
        return self._problem(error, status)

    def fault(self, error: Exception, *, caller: str) -> web.Response:
        """A fault of ours, in the one shape; the program's log has all there is to know."""
        self._seen.failed(error, route=self._route, caller=caller)
        return self._problem(unexpected(), 500)

    def _problem(self, error: SlotwiseError, status: int) -> web.Response:
        self._answered[status] += 1
        response = web.Response(body=encode(shape(error)), status=status, headers=self._headers)
        response.headers.update(headers_of(error))
        if status == 408 or self._drain.begun:
            response.force_close()
        return response

# SPDX-License-Identifier: Apache-2.0
"""Responses: a route's replies and refusals, with the headers that all of them carry."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from aiohttp import web
from multidict import CIMultiDict

from bandit.errors import SlotwiseError
from bandit.web.call import encode
from bandit.web.drain import Drain
from bandit.web.error_shape import headers_of, shape, status_of, unexpected
from bandit.web.headers import JSON_BODY, NOTHING, SECURITY
from bandit.web.whole import Whole, head, kept

logger = structlog.get_logger(__name__)


class Answers:
    """Makes the responses of one route.

    Args:
        route: its name in the program's log.
        drain: whether connections are to be closed.
        status: of a reply that says nothing else.
        more: headers besides those that every answer has.
    """

    def __init__(
        self, route: str, *, drain: Drain, status: int = 200, more: Mapping[str, str] = NOTHING
    ) -> None:
        self._route = route
        self._drain = drain
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

    def refusal(self, error: SlotwiseError, *, caller: str) -> web.Response:
        """What is wrong, in the one shape; one line of the program's log says that there was a refusal.

        Args:
            caller: id of the key, empty when it is not known.
        """
        status = status_of(error)
        logger.info("refused", status=status, code=error.code, route=self._route, key=caller)
        return self._problem(error, status)

    def fault(self, error: Exception, *, caller: str) -> web.Response:
        """A fault of ours, in the one shape; the program's log has all there is to know."""
        logger.error("request_failed", route=self._route, key=caller, exc_info=error)
        return self._problem(unexpected(), 500)

    def _problem(self, error: SlotwiseError, status: int) -> web.Response:
        response = web.Response(body=encode(shape(error)), status=status, headers=self._headers)
        response.headers.update(headers_of(error))
        if status == 408 or self._drain.begun:
            response.force_close()
        return response

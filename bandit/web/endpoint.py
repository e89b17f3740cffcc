# SPDX-License-Identifier: Apache-2.0
"""The one wrapper around every handler, made once per route: caller, body, reply or error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import msgspec
import structlog
from aiohttp import web
from multidict import CIMultiDict

from bandit.errors import Invalid, SlotwiseError
from bandit.service import Service
from bandit.web.auth import Authenticator, Caller, check_role
from bandit.web.call import Answer, Call, encode
from bandit.web.drain import Drain
from bandit.web.error_shape import Refused, headers_of, shape, status_of, unexpected
from bandit.web.headers import CORS, SECURITY
from bandit.web.parse import JSON, MERGE_PATCH, decode, read
from bandit.web.routes import Route

Endpoint = Callable[[web.Request], Awaitable[web.Response]]

UNKNOWN = Caller("", "publishable")

logger = structlog.get_logger(__name__)


def endpoint(route: Route, service: Service, authenticator: Authenticator, drain: Drain) -> Endpoint:
    """What aiohttp calls for a route."""
    settings = service.settings
    limit = settings.admin_body_bytes if route.large else settings.rank_body_bytes
    types = MERGE_PATCH if route.method == "PATCH" else JSON
    decoder = None if route.body is None else msgspec.json.Decoder(route.body)
    headers = headers_for(route)
    handler, roles, status = route.handler, route.roles, route.status

    async def call(request: web.Request) -> web.Response:
        caller = UNKNOWN
        try:
            if roles is not None:
                caller = authenticator.caller(request.headers)
                if caller.role not in roles:
                    check_role(caller, roles)
            body = None
            if decoder is not None:
                body = decode(
                    decoder,
                    await read(request, limit=limit, timeout_s=settings.body_timeout_s, types=types),
                )
            reply = await handler(Call(service, caller, body, request.match_info, request.query))
            if type(reply) is Answer:
                response = answer(reply.reply, status=reply.status, headers=headers)
            else:
                response = answer(reply, status=status, headers=headers)
        except SlotwiseError as error:
            response = refuse(error, route=f"{route.method} {route.path}", caller=caller, headers=headers)
        except RecursionError:
            deep = Invalid("body: got values nested too deeply", code="malformed_json")
            response = refuse(deep, route=f"{route.method} {route.path}", caller=caller, headers=headers)
        except ConnectionError:
            raise
        except Exception:
            logger.exception("request_failed", route=f"{route.method} {route.path}", key=caller.id)
            response = answer(shape(unexpected()), status=500, headers=headers)
        if drain.begun:
            response.force_close()
        return response

    return call


def answer(reply: object, *, status: int, headers: CIMultiDict[str]) -> web.Response:
    """A response with a reply as its body, or without a body when there is none."""
    if reply is None:
        return web.Response(status=status, headers=headers)
    return web.Response(body=encode(reply), status=status, headers=headers)


def refuse(error: SlotwiseError, *, route: str, caller: Caller, headers: Mapping[str, str]) -> web.Response:
    """A response that says what is wrong; one line of the program's log says that there was one."""
    status = status_of(error)
    logger.info("refused", status=status, code=error.code, route=route, key=caller.id)
    response = answer(shape(error), status=status, headers=CIMultiDict({**headers, **headers_of(error)}))
    if isinstance(error, Refused) and status == 408:
        response.force_close()
    return response


def headers_for(route: Route) -> CIMultiDict[str]:
    """The headers of every answer of a route."""
    return CIMultiDict({**SECURITY, **(CORS if route.cors else {})})

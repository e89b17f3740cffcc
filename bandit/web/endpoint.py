# SPDX-License-Identifier: Apache-2.0
"""The one wrapper around every handler, made once per route: caller, body, reply or error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from bandit.errors import Invalid, SlotwiseError
from bandit.service import Service
from bandit.web.answers import Answers
from bandit.web.auth import Authenticator, Caller, check_role, check_unlimited
from bandit.web.call import Answer, Call
from bandit.web.drain import DRAIN
from bandit.web.headers import CORS, NOTHING
from bandit.web.parse import JSON, MERGE_PATCH, decode, decode_query, read
from bandit.web.route import Route

Endpoint = Callable[[web.Request], Awaitable[web.Response]]

NOBODY = Caller("", "publishable")


def endpoint(
    route: Route, *, app: web.Application, service: Service, authenticator: Authenticator
) -> Endpoint:
    """What aiohttp calls for a route."""
    body_of = _body_reader(route, service)
    answers = Answers(route.name, drain=app[DRAIN], status=route.status, more=CORS if route.cors else NOTHING)
    handler, roles, query = route.handler, route.roles, route.query

    async def call(request: web.Request) -> web.Response:
        caller = NOBODY
        try:
            if roles is not None:
                caller = authenticator.caller(request.headers)
                check_role(caller, roles)
                if route.unlimited:
                    check_unlimited(caller)
            asked = Call(
                service,
                app,
                caller,
                await body_of(request) if body_of else None,
                request.match_info,
                decode_query(query, request.query) if query else None,
            )
            reply = await handler(asked)
            if type(reply) is Answer:
                return answers.reply(reply.reply, status=reply.status)
            return answers.reply(reply)
        except SlotwiseError as error:
            return answers.refusal(error, caller=caller.id)
        except RecursionError:
            deep = Invalid("body: got values nested too deeply", code="malformed_json")
            return answers.refusal(deep, caller=caller.id)
        except ConnectionError:
            raise
        except Exception as error:  # noqa: BLE001 - the caller gets the one shape whatever went wrong
            return answers.fault(error, caller=caller.id)

    return call


def _body_reader(route: Route, service: Service) -> Callable[[web.Request], Awaitable[Any]] | None:
    """What reads and decodes a route's bodies."""
    if route.body is None:
        return None
    settings = service.settings
    limit = settings.admin_body_bytes if route.large else settings.rank_body_bytes
    timeout_s = settings.body_timeout_s
    types = MERGE_PATCH if route.method == "PATCH" else JSON
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Any if route.core_checks else route.body)

    async def body_of(request: web.Request) -> Any:
        return decode(decoder, await read(request, limit=limit, timeout_s=timeout_s, types=types))

    return body_of

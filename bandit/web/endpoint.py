# SPDX-License-Identifier: Apache-2.0
"""The one wrapper around every handler, made once per route: caller, body, reply or error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from bandit.errors import Invalid, SlotwiseError
from bandit.service import Service
from bandit.settings import Settings
from bandit.web.answers import Answers
from bandit.web.auth import Authenticator, Caller, check_role, check_unlimited
from bandit.web.call import Answer, Call
from bandit.web.drain import DRAIN
from bandit.web.headers import CORS, NOTHING
from bandit.web.parse import JSON, MERGE_PATCH, Bodies, decode, decode_query
from bandit.web.route import Route
from bandit.web.seen import SEEN

Endpoint = Callable[[web.Request], Awaitable[web.StreamResponse]]

NOBODY = Caller("", "publishable")


def endpoint(
    route: Route, *, app: web.Application, service: Service, authenticator: Authenticator
) -> Endpoint:
    """What aiohttp calls for a route."""
    bodies, decoder = _bodies(route, service.settings), _decoder(route)
    answers = Answers(
        route.name,
        drain=app[DRAIN],
        seen=app[SEEN],
        status=route.status,
        more=CORS if route.cors else NOTHING,
    )
    handler, roles, query, fixed = route.handler, route.roles, route.query, route.fixed

    async def call(request: web.Request) -> web.StreamResponse:
        caller = NOBODY
        try:
            if roles is not None:
                caller = authenticator.caller(request.headers)
                check_role(caller, roles)
                if route.unlimited:
                    check_unlimited(caller)
            body = None
            if decoder is not None:
                raw = bodies.arrived(request)
                body = decode(decoder, await bodies.awaited(request) if raw is None else raw)
            asked = Call(
                service,
                app,
                caller,
                body,
                NOTHING if fixed else request.match_info,
                request.headers,
                decode_query(query, request.query) if query else None,
            )
            reply = await handler(asked)
            if type(reply) is Answer:
                if reply.content_type is not None:
                    return answers.text(reply.reply, content_type=reply.content_type)
                return answers.reply(reply.reply, status=reply.status)
            return answers.reply(reply, to=request)
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


def _bodies(route: Route, settings: Settings) -> Bodies:
    """What reads a route's bodies."""
    return Bodies(
        limit=settings.admin_body_bytes if route.large else settings.rank_body_bytes,
        timeout_s=settings.body_timeout_s,
        types=MERGE_PATCH if route.method == "PATCH" else JSON,
    )


def _decoder(route: Route) -> msgspec.json.Decoder[Any] | None:
    """What decodes them; None when the route has none."""
    if route.body is None:
        return None
    return msgspec.json.Decoder(Any if route.core_checks else route.body)

# SPDX-License-Identifier: Apache-2.0
"""The HTTP application over a service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from importlib.metadata import version

from aiohttp import web

from bandit.service import Service
from bandit.web.answers import Answers
from bandit.web.auth import Authenticator
from bandit.web.direct import DIRECT
from bandit.web.drain import DRAIN, Drain
from bandit.web.endpoint import Endpoint, endpoint
from bandit.web.fallback import Fallback
from bandit.web.loopback import GUARD, everyone, loopback_only
from bandit.web.openapi import DOCUMENT, served
from bandit.web.route import Route
from bandit.web.routes import ROUTES
from bandit.web.seen import SEEN, Seen

__all__ = ["DRAIN", "SERVICE", "create_app"]

SERVICE = web.AppKey("service", Service)


def create_app(service: Service) -> web.Application:
    """Make the application; it starts the service when it starts, and closes it when it is cleaned up."""
    app = web.Application(client_max_size=service.settings.admin_body_bytes)
    app[SERVICE] = service
    app[DRAIN] = Drain()
    app[SEEN] = Seen(service.lines)
    app[DIRECT] = {}
    app[GUARD] = (
        everyone
        if service.settings.authenticate
        else loopback_only(Answers("any", drain=app[DRAIN], seen=app[SEEN]))
    )
    app[DOCUMENT] = served(ROUTES, version=version("slotwise"))
    app.cleanup_ctx.append(_running)
    authenticator = Authenticator(service)
    fallback = Fallback(app[DRAIN], app[SEEN])
    by_path: dict[str, list[Route]] = defaultdict(list)
    for route in ROUTES:
        by_path[route.path].append(route)
    for path, routes in by_path.items():
        calls = {
            route.method: endpoint(route, app=app, service=service, authenticator=authenticator)
            for route in routes
        }
        if "GET" in calls:
            calls["HEAD"] = calls["GET"]
        if routes[0].fixed:
            app[DIRECT].update({(method, path): call for method, call in calls.items()})
        cors = any(route.cors for route in routes)
        if cors:
            calls["OPTIONS"] = fallback.preflight(path)
        calls["*"] = fallback.other_method(path, allowed=calls, cors=cors)
        _add(app, path, calls, fallback)
    _add(app, "/{path:.*}", {"*": fallback.unknown_path()}, fallback)
    return app


def _add(app: web.Application, path: str, calls: Mapping[str, Endpoint], fallback: Fallback) -> None:
    resource = app.router.add_resource(path)
    for method, call in calls.items():
        resource.add_route(method, call, expect_handler=fallback.expectation())


async def _running(app: web.Application) -> AsyncIterator[None]:
    service = app[SERVICE]
    await service.start()
    yield
    await service.close()

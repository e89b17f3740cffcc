# SPDX-License-Identifier: Apache-2.0
"""The HTTP application over a service."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from bandit.service import Service
from bandit.web.auth import Authenticator
from bandit.web.drain import Drain
from bandit.web.endpoint import endpoint
from bandit.web.routes import ROUTES

SERVICE = web.AppKey("service", Service)
DRAIN = web.AppKey("drain", Drain)


def create_app(service: Service) -> web.Application:
    """Make the application; it starts the service when it starts, and closes it when it is cleaned up."""
    app = web.Application(client_max_size=service.settings.admin_body_bytes)
    app[SERVICE] = service
    app[DRAIN] = drain = Drain()
    app.cleanup_ctx.append(_running)
    authenticator = Authenticator(service)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, endpoint(route, service, authenticator, drain))
    return app


async def _running(app: web.Application) -> AsyncIterator[None]:
    service = app[SERVICE]
    await service.start()
    yield
    await service.close()

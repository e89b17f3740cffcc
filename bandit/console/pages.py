# SPDX-License-Identifier: Apache-2.0
"""The console's pages: static files that ask the HTTP interface for every number, with the reader's key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files

from aiohttp import web

# Scripts and styles come from this server alone and none stands in the page: text in a title stays text.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Server": "slotwise",
}

FILES = {
    "/console/": ("index.html", "text/html"),
    "/console/console.css": ("console.css", "text/css"),
    "/console/console.js": ("console.js", "text/javascript"),
    "/console/drawing.js": ("drawing.js", "text/javascript"),
    "/favicon.ico": ("icon.svg", "image/svg+xml"),
}


def add_console(app: web.Application) -> None:
    """Serve the console under /console/; it needs no key itself, what it asks for does."""
    folder = files("bandit.console") / "static"
    for path, (name, content_type) in FILES.items():
        app.router.add_get(path, _page((folder / name).read_bytes(), content_type))
    app.router.add_get("/console", _to_console)


def _page(body: bytes, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def page(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=_HEADERS)

    return page


async def _to_console(_: web.Request) -> web.Response:
    return web.Response(status=308, headers={**_HEADERS, "Location": "/console/"})

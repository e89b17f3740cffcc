# SPDX-License-Identifier: Apache-2.0
"""What every answer carries, and what browsers on other sites may do."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bandit.web.headers import SECURITY
from bandit.web.routes import ROUTES

CROSS = {route.path for route in ROUTES if route.cors}


def test_three_routes_may_be_called_by_pages_of_other_sites() -> None:
    """A new route is not opened to them by accident."""
    assert {"/v1/rank", "/v1/reward", "/v1/activate"} == CROSS


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/healthz"), ("GET", "/v1/placements"), ("POST", "/v1/rank"), ("DELETE", "/healthz"),
     ("GET", "/nowhere"), ("PUT", "/v1/placements/home/arms/coats"), ("OPTIONS", "/v1/rank")],
)  # fmt: skip
async def test_every_answer_is_safe(site: Any, method: str, path: str) -> None:
    """Replies, refusals, unknown paths and preflights carry the same security headers, and no cookies."""
    reply = await site.ask(method, path)
    assert {name: reply.headers.get(name) for name in SECURITY} == dict(SECURITY)
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
async def test_preflights(site: Any, path: str) -> None:
    """A preflight is answered for the three routes and refused for all others."""
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    filled = re.sub(r"{\w+}", "x", path)
    reply = await site.ask("OPTIONS", filled, role=None, headers=headers)
    if path in CROSS:
        assert reply.status == 204
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert "Authorization" in reply.headers["Access-Control-Allow-Headers"]
    else:
        assert reply.status == 405
        assert "Access-Control-Allow-Origin" not in reply.headers


async def test_refusals_can_be_read_by_other_sites_too(site: Any) -> None:
    """A page learns why its rank was refused, but the answers of other routes stay closed to it."""
    for role in (None, "viewer", "publishable"):
        reply = await site.refused("POST", "/v1/rank", {}, role=role)
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in (await site.ask("GET", "/v1/placements")).headers


@pytest.mark.parametrize(
    "path", ["/nowhere", "/v1", "/v1/rank/", "//", "/v1/placements/a/b/c", "/..%2f", "/%00"]
)
async def test_unknown_paths(site: Any, path: str) -> None:
    """What is not in the table is not found, key or not."""
    reply = await site.refused("GET", path, role=None)
    assert (reply.status, reply.error["code"]) == (404, "route_not_found")


@pytest.mark.parametrize(("path", "method"), [("/v1/rank", "GET"), ("/v1/keys", "PUT"), ("/healthz", "PUT")])
async def test_other_methods(site: Any, path: str, method: str) -> None:
    """A known path says which methods it has."""
    reply = await site.refused(method, path, role=None)
    assert (reply.status, reply.error["code"]) == (405, "method_not_allowed")
    allowed = set(reply.headers["Allow"].split(", "))
    assert {route.method for route in ROUTES if route.path == path} <= allowed
    assert method not in allowed


async def test_head_is_get_without_a_body(site: Any) -> None:
    """HEAD needs the same key as GET and has the same headers."""
    get = await site.ask("GET", "/v1/placements")
    head = await site.ask("HEAD", "/v1/placements")
    assert (head.status, head.data, head.headers["Content-Length"]) == (
        200,
        None,
        get.headers["Content-Length"],
    )
    assert (await site.ask("HEAD", "/v1/placements", role=None)).status == 401

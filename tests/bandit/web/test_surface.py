# SPDX-License-Identifier: Apache-2.0
"""The URL table, what the application serves, openapi.json and docs/http.md say the same."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from bandit.web.app import create_app
from bandit.web.auth import Caller, check_role
from bandit.web.openapi import document
from bandit.web.routes import ROUTES

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "http.md"
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def served(app: web.Application) -> set[str]:
    """The routes that the application's router knows."""
    return {
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.resource is not None and route.method in METHODS
    }


async def test_exactly_the_table_is_served(site: Any) -> None:
    """Nothing is served that the table of roles does not know."""
    assert served(create_app(site.service)) == {route.name for route in ROUTES}


async def test_the_served_document_names_every_route(site: Any) -> None:
    """openapi.json has every route with its roles, and no other."""
    paths = (await site.ask("GET", "/openapi.json", role=None)).data["paths"]
    found = {
        f"{method.upper()} {path}": each
        for path, methods in paths.items()
        for method, each in methods.items()
    }
    assert set(found) == {route.name for route in ROUTES}
    for route in ROUTES:
        assert found[route.name].get("x-roles") == (sorted(route.roles) if route.roles else None)
        assert bool(found[route.name]["security"]) == (route.roles is not None)


def test_the_document_holds_together() -> None:
    """Every reference leads to a component, and every operation has a name of its own and a summary."""
    made = document(ROUTES, version="0")
    text = json.dumps(made)
    references = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert references <= set(made["components"]["schemas"])
    operations = [each for methods in made["paths"].values() for each in methods.values()]
    assert len({each["operationId"] for each in operations}) == len(ROUTES)
    assert all(each["summary"] for each in operations)


def test_the_guide_names_every_route_with_its_roles() -> None:
    """docs/http.md has one row a route, with the roles of the table."""
    rows = dict(re.findall(r"^\| `(\w+ /\S+)` \| ([^|]+?) \|", GUIDE.read_text("utf-8"), re.MULTILINE))
    expected = {
        route.name: "everyone" if route.roles is None else ", ".join(sorted(route.roles)) for route in ROUTES
    }
    assert rows == expected


def test_the_guide_explains_every_field_of_requests() -> None:
    """docs/http.md has every field of every request body that is not a piece of catalogue."""
    text = GUIDE.read_text("utf-8")
    bodies = [route.body for route in ROUTES if isinstance(route.body, type) and not route.core_checks]
    fields = {
        field.name
        for body in bodies
        if issubclass(body, msgspec.Struct)
        for field in msgspec.structs.fields(body)
    }
    assert {"decision_id", "exclude", "reward_id"} <= fields
    assert {field for field in fields if f"`{field}`" not in text} == set()


def test_the_guide_explains_every_code_of_errors() -> None:
    """docs/http.md lists every code with which this package or the service refuses a request."""
    text = GUIDE.read_text("utf-8")
    package = Path(inspect.getfile(create_app)).parents[1]
    sources = [
        path.read_text("utf-8") for part in ("web", "service") for path in (package / part).rglob("*.py")
    ]
    codes = {code for source in sources for code in re.findall(r'code="(\w+)"', source)}
    assert {"arm_not_found", "body_too_large", "key_missing"} <= codes
    assert {code for code in codes if f"`{code}`" not in text} == set()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_roles_that_are_not_named_are_refused(route: Any) -> None:
    """A route lets in exactly whom it names, so that a new role gets nothing by itself."""
    if route.roles is not None:
        with pytest.raises(Exception, match="role: got newcomer; allowed"):
            check_role(Caller("k", "newcomer"), route.roles)  # type: ignore[arg-type]

# SPDX-License-Identifier: Apache-2.0
"""openapi.json (OpenAPI 3.1), made from the route table and the very types that decode and encode."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec
import orjson
from aiohttp import web

from bandit.web.call import Call, encode
from bandit.web.parse import JSON, MERGE_PATCH
from bandit.web.route import Route
from bandit.web.shapes import ErrorReply, RewardRequest

DOCUMENT = web.AppKey("openapi", orjson.Fragment)

_REF = "#/components/schemas/{name}"
_VARIABLE = re.compile(r"\{(\w+)\}")


async def openapi(call: Call[None]) -> orjson.Fragment:
    """This description of the interface."""
    return call.app[DOCUMENT]


@cache
def served(routes: tuple[Route, ...], *, version: str) -> orjson.Fragment:
    """The document as it is sent."""
    return orjson.Fragment(encode(document(routes, version=version)))


def document(routes: Iterable[Route], *, version: str) -> dict[str, Any]:
    """The document that describes `routes`."""
    routes = tuple(routes)
    # What only a reference names must be a component too.
    types = [ErrorReply, RewardRequest, *(each.body for each in routes), *(each.reply for each in routes)]
    types = [each for each in types if each is not None]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type = dict(zip(map(str, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "slotwise", "version": version},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "operationId": f"{route.handler.__module__.rpartition('.')[2]}_{route.handler.__name__}",
        "summary": inspect.getdoc(route.handler),
        "security": [] if route.roles is None else [{"bearer": []}, {"header": []}],
        "parameters": [*_path_parameters(route.path), *_query_parameters(route.query)],
        "responses": _responses(route, schemas),
    }
    if route.roles is not None:
        out["x-roles"] = sorted(route.roles)
    if route.body is not None:
        types = MERGE_PATCH if route.method == "PATCH" else JSON
        body = {"schema": schemas[str(route.body)]}
        out["requestBody"] = {"required": True, "content": dict.fromkeys(sorted(types), body)}
    return out


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _VARIABLE.findall(path)
    ]


def _query_parameters(query: Any) -> list[dict[str, Any]]:
    if query is None:
        return []
    (_,), components = msgspec.json.schema_components([query], ref_template=_REF)
    properties: dict[str, Any] = components[query.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in properties.items()
    ]


def _responses(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for status in sorted({route.status} | ({201} if route.creates else set())):
        out[str(status)] = {"description": HTTPStatus(status).phrase}
        if route.reply is not None:
            kind = "text/plain" if route.reply is str else "application/json"
            out[str(status)]["content"] = {kind: {"schema": schemas[str(route.reply)]}}
    problem = {"application/json": {"schema": schemas[str(ErrorReply)]}}
    for status in _refusals(route):
        out[str(status)] = {"description": HTTPStatus(status).phrase, "content": problem}
    return {**out, "default": {"description": "Anything else that went wrong", "content": problem}}


def _refusals(route: Route) -> list[int]:
    """The statuses with which a route's requests may be refused."""
    keyed = {400, 401, 403, 404, 409, 503} if route.roles is not None else {503}
    return sorted(keyed | ({408, 413, 415} if route.body is not None else set()))

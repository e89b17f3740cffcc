# SPDX-License-Identifier: Apache-2.0
"""Who may do what: every route with every kind of caller, against a table written down here once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bandit.web.routes import ROUTES

PUBLIC: set[str] = set()
SHOW = {"publishable", "server", "admin"}
BACK = {"server", "admin"}
LOOK = {"viewer", "marketer", "admin"}
EDIT = {"marketer", "admin"}
RULE = {"admin"}

HOME = {
    "policy": {"kind": "linucb"},
    "context": ["device"],
    "reward": {"events": {"click": 1.0, "purchase": 5.0}},
}

# route: who may, a body that is good, the status of success
ALLOWED: dict[str, tuple[Any, Any, int]] = {
    "POST /v1/rank": (SHOW, {"placement": "home"}, 200),
    "POST /v1/reward": (SHOW, {"decision_id": "mine", "event": "click"}, 200),
    "POST /v1/activate": (SHOW, {"decision_id": "mine"}, 200),
    "POST /v1/rewards": (BACK, {"rewards": [{"decision_id": "mine", "event": "click"}]}, 200),
    "GET /v1/decisions/{decision}": (BACK | LOOK, None, 200),
    "GET /v1/placements": (LOOK, None, 200),
    "GET /v1/placements/{placement}": (LOOK, None, 200),
    "PUT /v1/placements/{placement}": (EDIT, {**HOME, "slots": 3}, 200),
    "PATCH /v1/placements/{placement}": (EDIT, {"slots": 3}, 200),
    "DELETE /v1/placements/{placement}": (EDIT, None, 204),
    "GET /v1/placements/{placement}/report": (LOOK, None, 200),
    "GET /v1/placements/{placement}/arms/{arm}": (LOOK, None, 200),
    "PUT /v1/placements/{placement}/arms/{arm}": (EDIT, {"boost": 2.0}, 200),
    "PATCH /v1/placements/{placement}/arms/{arm}": (EDIT, {"boost": 2.0}, 200),
    "DELETE /v1/placements/{placement}/arms/{arm}": (EDIT, None, 204),
    "GET /v1/placements/{placement}/quality": (LOOK, None, 200),
    "POST /v1/placements/{placement}/context": (LOOK, {"context": {"page": "news"}}, 200),
    "GET /v1/signals": (LOOK, None, 200),
    "PUT /v1/signals/{name}": (EDIT, {"topics": {"winter storm": 0.9}}, 200),
    "DELETE /v1/signals/{name}": (EDIT, None, 204),
    "GET /v1/keys": (RULE, None, 200),
    "POST /v1/keys": (RULE, {"role": "viewer"}, 201),
    "DELETE /v1/keys/{id}": (RULE, None, 204),
    "DELETE /v1/users/{user}": (RULE, None, 200),
    "GET /v1/audit": (RULE, None, 200),
    "GET /healthz": (PUBLIC, None, 200),
    "GET /readyz": (PUBLIC, None, 200),
    "GET /metrics": (LOOK, None, 200),
    "GET /openapi.json": (PUBLIC, None, 200),
}
CALLERS = ["nobody", "wrong", "revoked", "publishable", "server", "viewer", "marketer", "admin"]


async def with_things(site: Any) -> dict[str, str]:
    """Make what the paths of the table name; returns their variable parts."""
    await site.rank(decision_id="mine", defer=True)
    revoked, secret = await site.service.changes.create_key("admin", name="gone", by="test")
    await site.service.changes.revoke_key(revoked.id, by="test")
    spare, _ = await site.service.changes.create_key("viewer", name="spare", by="test")
    await site.service.signals.put("storm", {"snow": 1.0}, ttl_s=60, by="test")
    site.keys["revoked"] = secret
    site.keys["wrong"] = site.keys["admin"][:-1] + ("a" if site.keys["admin"][-1] != "a" else "b")
    return {
        "placement": "home",
        "arm": "coats",
        "decision": "mine",
        "id": spare.id,
        "user": "ann",
        "name": "storm",
    }


def test_every_route_says_who_may() -> None:
    """A new route must be entered here, and nothing is left over here."""
    assert {route.name for route in ROUTES} == set(ALLOWED)


@pytest.mark.parametrize("name", ALLOWED)
async def test_who_may_not(open_site: Callable[..., Any], name: str) -> None:
    """Without a good key 401, with another role 403, both without any effect."""
    site = await open_site()
    method, path = name.split(" ")
    path = path.format(**await with_things(site))
    allowed, body, _ = ALLOWED[name]
    for caller in sorted(set(CALLERS) - (allowed or set(CALLERS))):
        reply = await site.refused(method, path, body, role=None if caller == "nobody" else caller)
        expected = {
            "nobody": (401, "key_missing"),
            "wrong": (401, "key_invalid"),
            "revoked": (401, "key_invalid"),
        }
        assert (reply.status, reply.error["code"]) == expected.get(caller, (403, "forbidden"))
        assert reply.headers.get("WWW-Authenticate") == ("Bearer" if reply.status == 401 else None)


@pytest.mark.parametrize(
    ("name", "caller"),
    [(name, caller) for name in ALLOWED for caller in CALLERS if caller in (ALLOWED[name][0] or CALLERS)],
)
async def test_who_may(open_site: Callable[..., Any], name: str, caller: str) -> None:
    """With the right role it is done; where no key is needed, a bad one does no harm."""
    site = await open_site()
    method, path = name.split(" ")
    _, body, status = ALLOWED[name]
    path = path.format(**await with_things(site))
    reply = await site.ask(method, path, body, role=None if caller == "nobody" else caller)
    assert reply.status == status, reply.data


@pytest.mark.parametrize("name", ALLOWED)
async def test_an_open_server_asks_for_no_key(open_site: Callable[..., Any], name: str) -> None:
    """With authentication off everyone may do everything."""
    site = await open_site(authenticate=False)
    method, path = name.split(" ")
    _, body, status = ALLOWED[name]
    reply = await site.ask(method, path.format(**await with_things(site)), body, role=None)
    assert reply.status == status


@pytest.mark.parametrize(("field", "value"), [("decision_id", "mine"), ("arms", [{"id": "a"}])])
async def test_publishable_keys_choose_neither_ids_nor_arms(site: Any, field: str, value: Any) -> None:
    """What anyone can read in a page may not be used to choose ids or what is shown."""
    body = {"placement": "home", field: value}
    reply = await site.refused("POST", "/v1/rank", body, role="publishable")
    assert (reply.status, reply.error["code"], reply.error["field"]) == (403, "forbidden", field)

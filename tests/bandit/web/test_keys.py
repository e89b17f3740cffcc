# SPDX-License-Identifier: Apache-2.0
"""How keys are sent, made, listed and revoked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("Authorization", "Bearer {}"),
        ("Authorization", "bearer  {}"),
        ("X-API-Key", "{}"),
        ("x-api-key", "{}"),
    ],
)
async def test_ways_to_send_a_key(site: Any, header: str, form: str) -> None:
    """A key comes as a bearer token or in a header of its own; the second time it is remembered."""
    headers = {header: form.format(site.keys["viewer"])}
    for _ in range(2):
        reply = await site.ask("GET", "/v1/placements", role=None, headers=headers)
        assert reply.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer ak_"},
        {"Authorization": "Bearer ak__"},
        {"Authorization": "Bearer ak_\xe9_\xe9"},
        {"X-API-Key": "x" * 5000},
        {"X-API-Key": "Bearer {key}"},
        {"Authorization": "{key}"},
        {"Authorization": "Bearer {key}x"},
        {"Authorization": "Bearer x", "X-API-Key": "{key}"},
    ],
)
async def test_what_is_no_key_is_refused(site: Any, headers: dict[str, str]) -> None:
    """Other schemes, pieces of keys and a key in the wrong place are no keys."""
    sent = {name: value.format(key=site.keys["viewer"]) for name, value in headers.items()}
    reply = await site.refused("GET", "/v1/placements", role=None, headers=sent)
    assert (reply.status, reply.error["code"]) == (401, "key_invalid")


async def test_a_new_key_works_until_it_is_revoked(site: Any) -> None:
    """A key is shown once, is good at once, and is refused as soon as it is revoked, though remembered."""
    made = await site.ask("POST", "/v1/keys", {"role": "viewer", "name": "ann", "placements": ["home"]})
    assert (made.status, made.data["name"], made.data["placements"]) == (201, "ann", ["home"])
    site.keys["ann"] = made.data["key"]
    assert (await site.ask("GET", "/v1/placements", role="ann")).status == 200
    assert (await site.ask("DELETE", f"/v1/keys/{made.data['id']}")).status == 204
    assert (await site.refused("GET", "/v1/placements", role="ann")).status == 401


async def test_keys_are_listed_without_secrets(site: Any) -> None:
    """The list shows who may do what, and nothing that opens anything."""
    reply = await site.ask("GET", "/v1/keys")
    assert [key["role"] for key in reply.data["keys"]] == [key["name"] for key in reply.data["keys"]]
    assert set(reply.data["keys"][0]) == {"id", "name", "role", "created_at", "placements"}
    assert not any(secret.split("_", 2)[2] in str(reply.data) for secret in site.keys.values())


async def test_revoking_no_key(site: Any) -> None:
    """There must be such a key."""
    reply = await site.refused("DELETE", "/v1/keys/nobody")
    assert (reply.status, reply.error["code"]) == (404, "key_not_found")


async def test_the_last_admin_key_stays(site: Any) -> None:
    """An admin cannot lock everyone out; keys of other roles, and limited admins, are no help."""
    await site.service.changes.create_key("admin", name="limited", placements=["home"], by="test")
    [admin] = [key.id for key in site.service.live.state.keys.values() if key.name == "admin"]
    reply = await site.refused("DELETE", f"/v1/keys/{admin}")
    assert (reply.status, reply.error["code"], reply.error["field"]) == (409, "last_admin_key", "id")
    made = await site.ask("POST", "/v1/keys", {"role": "admin"})
    site.keys["second"] = made.data["key"]
    assert (await site.ask("DELETE", f"/v1/keys/{admin}", role="second")).status == 204
    assert (await site.refused("DELETE", f"/v1/keys/{made.data['id']}", role="second")).status == 409


async def test_limited_admin_keys_can_be_revoked(site: Any) -> None:
    """They could not make others anyway."""
    key, _ = await site.service.changes.create_key("admin", name="limited", placements=["home"], by="test")
    assert (await site.ask("DELETE", f"/v1/keys/{key.id}")).status == 204


async def test_two_admins_cannot_revoke_each_other(site: Any) -> None:
    """Of two revocations at the same time one is refused: an admin key is left."""
    made = await site.ask("POST", "/v1/keys", {"role": "admin"})
    [first] = [key.id for key in site.service.live.state.keys.values() if key.name == "admin"]
    revoke = site.service.changes.revoke_key
    outcomes = await asyncio.gather(
        revoke(first, by="second"), revoke(made.data["id"], by="admin"), return_exceptions=True
    )
    assert [getattr(each, "code", "revoked") for each in outcomes] == ["revoked", "last_admin_key"]
    assert sum(key.rules for key in site.service.live.state.keys.values()) == 1


async def test_no_secret_reaches_the_log_of_changes(site: Any) -> None:
    """The audit tells of a new key without its digest."""
    await site.ask("POST", "/v1/keys", {"role": "server", "name": "shop"})
    change = (await site.ask("GET", "/v1/audit?limit=1000")).data["changes"][-1]
    assert (change["kind"], change["name"], change["role"]) == ("key_created", "shop", "server")
    assert "digest" not in change

# SPDX-License-Identifier: Apache-2.0
"""Keys that are limited to placements: everything else looks as if it did not exist."""

from __future__ import annotations

from typing import Any

import pytest

# Requests about the placement home, or about a decision of it.
REQUESTS: dict[str, tuple[str, str, str, Any]] = {
    "rank": ("server", "POST", "/v1/rank", {"placement": "home"}),
    "reward": ("server", "POST", "/v1/reward", {"decision_id": "mine", "event": "click"}),
    "activate": ("server", "POST", "/v1/activate", {"decision_id": "mine"}),
    "trace": ("viewer", "GET", "/v1/decisions/mine", None),
    "get placement": ("viewer", "GET", "/v1/placements/home", None),
    "put placement": ("marketer", "PUT", "/v1/placements/home?forget=true", {}),
    "patch placement": ("marketer", "PATCH", "/v1/placements/home", {"slots": 1}),
    "delete placement": ("marketer", "DELETE", "/v1/placements/home", None),
    "report": ("viewer", "GET", "/v1/placements/home/report", None),
    "get arm": ("viewer", "GET", "/v1/placements/home/arms/coats", None),
    "put arm": ("marketer", "PUT", "/v1/placements/home/arms/coats", {}),
    "patch arm": ("marketer", "PATCH", "/v1/placements/home/arms/coats", {"boost": 2.0}),
    "delete arm": ("marketer", "DELETE", "/v1/placements/home/arms/coats", None),
}


async def limited(site: Any, role: str, *placements: str) -> str:
    """Make a key that is limited to placements; returns the name under which the site keeps it."""
    _, secret = await site.service.changes.create_key(role, name="", placements=placements, by="test")
    site.keys["limited"] = secret
    return "limited"


@pytest.mark.parametrize("name", REQUESTS)
async def test_other_placements_do_not_exist(site: Any, name: str) -> None:
    """The answer about another's thing is that about no thing: 404, letter for letter."""
    role, method, path, body = REQUESTS[name]
    await site.rank(decision_id="mine", defer=True)
    hidden = await site.refused(method, path, body, role=await limited(site, role, "other"))
    await site.service.changes.delete_placement("home", by="test")
    if "mine" not in f"{path}{body}" and not (method == "PUT" and "arms" not in path and "home" in path):
        assert (await site.ask(method, path, body)).data == hidden.data
    assert hidden.status == 404


@pytest.mark.parametrize("name", REQUESTS)
async def test_own_placements_do(site: Any, name: str) -> None:
    """The same requests with a key for that placement succeed."""
    role, method, path, body = REQUESTS[name]
    await site.rank(decision_id="mine", defer=True)
    reply = await site.ask(method, path, body, role=await limited(site, role, "other", "home"))
    assert reply.status in (200, 204)


async def test_lists_show_own_placements(site: Any) -> None:
    """The list of placements leaves out what the key may not see."""
    reply = await site.ask("GET", "/v1/placements", role=await limited(site, "viewer", "other"))
    assert list(reply.data["placements"]) == ["other"]


async def test_rewards_for_others_are_refused_one_by_one(site: Any) -> None:
    """In a batch, a reward for another placement's decision is as unknown as one for no decision."""
    await site.rank(decision_id="mine")
    other = (await site.ask("POST", "/v1/rank", {"placement": "other"})).data["decision_id"]
    items = [{"decision_id": "mine", "reward": 1}, {"decision_id": other, "reward": 1}]
    reply = await site.ask(
        "POST", "/v1/rewards", {"rewards": items}, role=await limited(site, "server", "other")
    )
    assert [item["status"] for item in reply.data["rewards"]] == ["refused", "accepted"]
    assert reply.data["rewards"][0]["error"]["code"] == "decision_not_found"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "/v1/keys", None), ("POST", "/v1/keys", {"role": "admin"}), ("GET", "/v1/audit", None)],
)
async def test_limited_admins_rule_no_keys(site: Any, method: str, path: str, body: Any) -> None:
    """A key that is limited to placements cannot make itself one that is not, nor read who changed what."""
    reply = await site.refused(method, path, body, role=await limited(site, "admin", "home"))
    assert (reply.status, reply.error["code"]) == (403, "forbidden")

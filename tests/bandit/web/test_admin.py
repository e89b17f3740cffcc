# SPDX-License-Identifier: Apache-2.0
"""Placements and arms over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

PATH = "/v1/placements/fresh"


async def test_a_placement_comes_and_goes(site: Any) -> None:
    """Put it (201), read it, put it again (200), delete it (204), then it is not found."""
    body = {"slots": 2, "arms": {"b": {"boost": 2.0}, "a": {"payload": [1]}}}
    created = await site.ask("PUT", PATH, body, role="marketer")
    assert (created.status, created.data["slots"], created.data["arms"]) == (201, 2, body["arms"])
    assert (await site.ask("GET", PATH, role="viewer")).data == created.data
    assert list(created.data["arms"]) == ["b", "a"]
    assert (await site.ask("PUT", PATH, {})).status == 200
    gone = await site.ask("DELETE", PATH)
    assert (gone.status, gone.data) == (204, None)
    assert "Content-Type" not in gone.headers
    assert (await site.refused("GET", PATH)).error["code"] == "placement_not_found"


async def test_an_arm_comes_and_goes(site: Any) -> None:
    """Put it (201), read it, put it again (200), delete it (204), then it is not found."""
    path = "/v1/placements/home/arms/scarves"
    body = {"payload": {"title": "Scarves"}, "starts_at": "2026-11-01T00:00:00Z"}
    created = await site.ask("PUT", path, body, role="marketer")
    assert (created.status, created.data) == (201, body)
    assert (await site.ask("GET", path, role="viewer")).data == body
    assert (await site.ask("PUT", path, {})).status == 200
    assert (await site.ask("DELETE", path)).status == 204
    assert (await site.refused("GET", path)).error["code"] == "arm_not_found"


@pytest.mark.parametrize("kind", ["application/json", "application/merge-patch+json"])
async def test_patches_merge(site: Any, kind: str) -> None:
    """A JSON merge patch changes what it names, removes what it sets to null, and leaves the rest."""
    headers = {"Content-Type": kind}
    patch = {"slots": 3, "reward": {"events": {"purchase": None, "view": 0.1}}, "arms": {"hats": None}}
    placement = (await site.ask("PATCH", "/v1/placements/home", patch, headers=headers)).data
    assert placement["slots"] == 3
    assert placement["reward"]["events"] == {"click": 1.0, "view": 0.1}
    assert list(placement["arms"]) == ["coats", "boots"]
    arm = (await site.ask("PATCH", "/v1/placements/home/arms/coats", {"paused": True}, headers=headers)).data
    assert arm == {**placement["arms"]["coats"], "paused": True}


async def test_only_patches_are_merge_patches(site: Any) -> None:
    """The type of merge patches is not taken for a whole placement."""
    headers = {"Content-Type": "application/merge-patch+json"}
    reply = await site.refused("PUT", PATH, {"slots": 1}, headers=headers)
    assert (reply.status, reply.error["code"]) == (415, "unsupported_type")


async def test_the_list_has_the_shape_of_a_catalogue(site: Any) -> None:
    """All placements by name, each as it was stored."""
    listed = (await site.ask("GET", "/v1/placements", role="viewer")).data
    assert list(listed) == ["placements"]
    assert listed["placements"]["other"] == (await site.ask("GET", "/v1/placements/other")).data


async def test_a_paused_arm_is_never_served_again(site: Any) -> None:
    """From the moment that a pause is acknowledged."""
    await site.ask("PATCH", "/v1/placements/home/arms/coats", {"paused": True}, role="marketer")
    shown = [slot["arm"] for _ in range(20) for slot in (await site.rank())["slots"]]
    assert set(shown) == {"boots", "hats"}


async def test_changes_carry_the_key_that_made_them(site: Any) -> None:
    """The audit names who did what, oldest first, and goes on page by page."""
    marketer = site.keys["marketer"].split("_")[1]
    head = site.service.live.log.head
    await site.ask("PUT", PATH, {}, role="marketer")
    await site.ask("DELETE", PATH, role="marketer")
    first = (await site.ask("GET", f"/v1/audit?after={head}&limit=1")).data
    second = (await site.ask("GET", f"/v1/audit?after={first['next']}")).data
    kinds = [(change["kind"], change["by"]) for change in first["changes"] + second["changes"]]
    assert kinds == [("placement_put", marketer), ("placement_deleted", marketer)]
    end = (await site.ask("GET", f"/v1/audit?after={second['next']}")).data
    assert end == {"changes": [], "next": second["next"]}


async def test_an_open_server_is_named_open(open_site: Any) -> None:
    """Without authentication the changes are by "open"."""
    site = await open_site(authenticate=False)
    await site.ask("PUT", PATH, {}, role=None)
    assert (await site.ask("GET", "/v1/audit", role=None)).data["changes"][-1]["by"] == "open"


async def test_a_report_counts(site: Any) -> None:
    """The report shows decisions, shown slots and rewards of every arm."""
    decision = await site.rank()
    await site.ask("POST", "/v1/reward", {"decision_id": decision["decision_id"], "event": "click"})
    report = (await site.ask("GET", "/v1/placements/home/report", role="viewer")).data
    assert report["decisions"] == {"policy": 1, "holdout": 0, "fallback": 0}
    assert sum(arm["shown"] for arm in report["arms"]) == 2
    rewarded = {arm["arm"] for arm in report["arms"] if arm["rewards"]}
    assert rewarded == {decision["slots"][0]["arm"]}
    assert (await site.refused("GET", "/v1/placements/nowhere/report")).status == 404

# SPDX-License-Identifier: Apache-2.0
"""The context of a placement over HTTP: explained, and how good it was."""

from __future__ import annotations

from typing import Any

import pytest

PATH = "/v1/placements/home/context"


async def test_a_request_is_explained_and_not_decided(site: Any) -> None:
    """The reply has the fields and the vector that a rank would log, and the log does not grow."""
    context = {"device": {"user_agent": "curl/8.5.0"}, "page": {"section": "news"}}
    ranked = await site.rank(context=context)
    trace = (await site.ask("GET", f"/v1/decisions/{ranked['decision_id']}")).data
    before = site.standing()
    reply = await site.ask("POST", PATH, {"context": context}, role="viewer")
    assert (reply.status, site.standing()) == (200, before)
    known = {each["field"]: each["value"] for each in reply.data["fields"] if each["value"] is not None}
    assert known == {**trace["context"], "page.section": "news"}
    shown = {each["index"]: each["weight"] for each in reply.data["vector"]}
    assert [shown.get(column, 0.0) for column in range(32)] == trace["vector"][0]
    assert reply.data["at"] == 1_800_000_000.0


async def test_another_time(site: Any) -> None:
    """`at` is the time that is asked about, in any zone."""
    reply = await site.ask("POST", PATH, {"at": "2026-12-24T18:00:00+01:00"}, role="viewer")
    assert reply.data["at"] == 1_798_131_600.0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"at": "2026-12-24T18:00:00"}, "at"),
        ({"at": "1901-01-01T00:00:00Z"}, "at"),
        ({"at": "9999-12-31T23:59:59Z"}, "at"),
        ({"at": "soon"}, "at"),
        ({"context": {"page": {"a": {"b": {"c": {"d": 1}}}}}}, "context.page.a.b.c"),
        ({"user": "ann"}, "user"),
    ],
)
async def test_bad_questions(site: Any, body: Any, field: str) -> None:
    """What a rank would refuse is refused here too, and a time must be one."""
    reply = await site.refused("POST", PATH, body)
    assert (reply.status, reply.error["field"]) == (400, field)


async def test_global_privacy_control_counts_here_too(site: Any) -> None:
    """The header of the request that asks stands for that of the visitor."""
    context = {"device": {"user_agent": "curl/8.5.0"}}
    reply = await site.ask("POST", PATH, {"context": context}, headers={"Sec-GPC": "1"})
    assert reply.data["sources"] == {"device": "no_consent"}
    assert {each["reason"] for each in reply.data["fields"]} == {"no consent to personalization"}


async def test_quality_counts_decisions(site: Any) -> None:
    """The report of a placement has a row a field."""
    await site.rank(context={"device": {"user_agent": "curl/8.5.0"}})
    await site.rank()
    reply = await site.ask("GET", "/v1/placements/home/quality", role="viewer")
    assert (reply.data["decisions"], reply.data["states"]) == (2, {"device": {"missing": 0.5}})
    assert {each["field"]: each["missing"] for each in reply.data["fields"]} == dict.fromkeys(
        ["device.form_factor", "device.os", "device.browser", "device.bot"], 0.5
    )


@pytest.mark.parametrize(("method", "path"), [("POST", "context"), ("GET", "quality")])
async def test_placements_out_of_scope_do_not_exist(site: Any, method: str, path: str) -> None:
    """A key that is limited to another placement finds nothing here."""
    _, site.keys["limited"] = await site.service.changes.create_key(
        "viewer", name="x", placements=["other"], by="test"
    )
    body: Any = {} if method == "POST" else None
    reply = await site.refused(method, f"/v1/placements/home/{path}", body, role="limited")
    assert (reply.status, reply.error["code"]) == (404, "placement_not_found")

# SPDX-License-Identifier: Apache-2.0
"""Signals and consent over HTTP."""

from __future__ import annotations

from typing import Any

import pytest


async def test_put_list_drop(site: Any) -> None:
    """A new signal answers 201, a replaced one 200; it is listed and can be dropped."""
    body = {"topics": {"winter storm": 0.9}, "ttl_s": 600}
    first = await site.ask("PUT", "/v1/signals/storm", body, role="marketer")
    second = await site.ask("PUT", "/v1/signals/storm", {"topics": {"blizzard": 1}}, role="marketer")
    listed = await site.ask("GET", "/v1/signals", role="viewer")
    assert (first.status, second.status) == (201, 200)
    assert first.data["until"] == 1_800_000_600.0
    assert listed.data == {"signals": {"storm": second.data}}
    assert second.data["topics"] == {"blizzard": 1.0}
    assert (await site.ask("DELETE", "/v1/signals/storm", role="marketer")).status == 204
    assert (await site.ask("GET", "/v1/signals", role="viewer")).data == {"signals": {}}


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("Storm!", {"topics": {"a": 1}}, "name"),
        ("storm", {"topics": {}}, "topics"),
        ("storm", {"topics": {"a": 7}}, "topics.a"),
        ("storm", {"topics": {"a": "hot"}}, "topics.a"),
        ("storm", {"topics": {"a": 1}, "ttl_s": 0}, "ttl_s"),
        ("storm", {"ttl_s": 60}, "topics"),
        ("storm", {"topics": {"a": 1}, "until": 5}, "until"),
    ],
)
async def test_bad_signals(site: Any, name: str, body: Any, field: str) -> None:
    """A signal that is not allowed is refused by its field and changes nothing."""
    reply = await site.refused("PUT", f"/v1/signals/{name}", body)
    assert (reply.status, reply.error["field"]) == (400, field)


async def test_a_signal_that_is_not_there(site: Any) -> None:
    """Dropping what does not count now is a 404."""
    reply = await site.refused("DELETE", "/v1/signals/storm")
    assert (reply.status, reply.error["code"]) == (404, "signal_not_found")


@pytest.mark.parametrize(("header", "state"), [("1", {"device": "no_consent"}), ("0", {}), ("", {})])
async def test_global_privacy_control(site: Any, header: str, state: dict[str, str]) -> None:
    """The browser's header alone takes the device out of the decision."""
    body = {"placement": "home", "context": {"device": {"user_agent": "curl/8.5.0"}}}
    headers = {"Sec-GPC": header} if header else {}
    ranked = await site.ask("POST", "/v1/rank", body, role="publishable", headers=headers)
    trace = await site.ask("GET", f"/v1/decisions/{ranked.data['decision_id']}", role="viewer")
    assert trace.data["sources"] == state
    assert ("device.bot" in trace.data["context"]) == (header != "1")

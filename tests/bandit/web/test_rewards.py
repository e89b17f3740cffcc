# SPDX-License-Identifier: Apache-2.0
"""Rewards over HTTP, one or many."""

from __future__ import annotations

from typing import Any

import structlog


async def post(site: Any, **body: Any) -> Any:
    """Post a reward; returns the reply's body."""
    reply = await site.ask("POST", "/v1/reward", body, role="publishable")
    assert reply.status == 200, reply.data
    return reply.data


async def test_rewards_add_up(site: Any) -> None:
    """Each reply has the slot's aggregate so far, in the placement's units and within its range."""
    decision = (await site.rank())["decision_id"]
    click = await post(site, decision_id=decision, event="click", reward_id="r-1")
    more = await post(site, decision_id=decision, reward=0.5, slot=0, reward_id="r-2")
    bought = await post(site, decision_id=decision, event="purchase", reward_id="r-3")
    assert click == {"status": "accepted", "reward": 1.0, "learned": True}
    assert [more["reward"], bought["reward"]] == [1.5, 5.0]


async def test_a_repeated_reward_is_a_duplicate(site: Any) -> None:
    """The same reward id again, or the same post again, is answered as a duplicate and changes nothing."""
    decision = (await site.rank())["decision_id"]
    for body in ({"reward": 1, "reward_id": "r-1"}, {"event": "purchase"}):
        await post(site, decision_id=decision, **body)
        before = site.standing()
        again = await post(site, decision_id=decision, **body)
        assert again["status"] == "duplicate"
        assert site.standing() == before


async def test_an_arm_names_its_slot(site: Any) -> None:
    """A reward for an arm goes to the slot in which it was shown."""
    decision = await site.rank()
    await post(site, decision_id=decision["decision_id"], reward=0.5, arm=decision["slots"][1]["arm"])
    trace = (await site.ask("GET", f"/v1/decisions/{decision['decision_id']}")).data
    assert [event["slot"] for event in trace["events"]] == [1]


async def test_the_next_rank_knows(site: Any) -> None:
    """A decision made after a reward was accepted comes from a model that has learned it."""
    before = await site.rank(decision_id="a")
    await post(site, decision_id="a", event="click")
    after = await site.rank(decision_id="b")
    versions = [int(each["model"].split("@")[1]) for each in (before, after)]
    assert versions[1] == versions[0] + 2


async def test_many_rewards_are_judged_one_by_one(site: Any) -> None:
    """Good, repeated, unknown and malformed rewards of one batch each get their own answer, in order."""
    await site.rank(decision_id="a")
    items = [
        {"decision_id": "a", "event": "click"},
        {"decision_id": "a", "event": "click"},
        {"decision_id": "nothing", "event": "click"},
        {"decision_id": "a", "reward": True},
        7,
        {"decision_id": "a", "reward": 2, "reward_id": "r-1"},
    ]
    with structlog.testing.capture_logs() as lines:
        reply = await site.ask("POST", "/v1/rewards", {"rewards": items}, role="server")
    results = reply.data["rewards"]
    assert [each["status"] for each in results] == [
        "accepted", "duplicate", "refused", "refused", "refused", "accepted"
    ]  # fmt: skip
    assert [each.get("reward") for each in results] == [1.0, 1.0, None, None, None, 3.0]
    assert [each["error"]["field"] for each in results[2:5]] == ["decision_id", "reward", None]
    told = [(line["event"], line["route"], line["status"], line["code"]) for line in lines]
    assert told == [
        ("refused", "POST /v1/rewards", 404, "decision_not_found"),
        ("refused", "POST /v1/rewards", 400, "invalid"),
    ]
    assert (await site.metrics())["slotwise_refusals_total", ("POST /v1/rewards", "400", "invalid")] == 2


async def test_no_rewards_are_fine(site: Any) -> None:
    """An empty batch is answered with an empty list."""
    reply = await site.ask("POST", "/v1/rewards", {"rewards": []}, role="server")
    assert (reply.status, reply.data) == (200, {"rewards": []})


async def test_a_malformed_batch_is_refused_whole(site: Any) -> None:
    """What is no JSON at all is refused, whatever good rewards it begins with."""
    await site.rank(decision_id="a")
    reply = await site.refused("POST", "/v1/rewards", b'{"rewards":[{"decision_id":"a","reward":1},{"d":]}')
    assert (reply.status, reply.error["code"]) == (400, "malformed_json")

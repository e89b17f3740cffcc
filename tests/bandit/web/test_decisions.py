# SPDX-License-Identifier: Apache-2.0
"""Ranking, activating and tracing over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bandit.errors import Unavailable

PAYLOADS = {"coats": {"title": "Coats", "n": [1, 2.5, None]}, "boots": "boots", "hats": None}


async def test_a_rank_fills_the_slots(site: Any) -> None:
    """The reply has a slot for each, different arms, their payloads as given, and exact propensities."""
    decision = await site.rank(user="u-1", context={"page": {"section": "news"}})
    first, second = decision["slots"]
    assert [first["slot"], second["slot"]] == [0, 1]
    assert first["arm"] != second["arm"]
    assert all(slot["payload"] == PAYLOADS[slot["arm"]] for slot in (first, second))
    assert first["propensity"] == pytest.approx(1 / 3)
    assert second["propensity"] == pytest.approx(1 / 2)


async def test_a_rank_says_how_it_was_decided(site: Any) -> None:
    """Beside the slots there is all that a caller may want to note."""
    decision = await site.rank()
    known = {name: decision[name] for name in decision if name not in ("decision_id", "slots", "model")}
    assert known == {
        "placement": "home", "policy": "linucb", "fallback": False, "holdout": False, "logged": True
    }  # fmt: skip
    assert decision["model"].startswith("linucb@")


async def test_slots_and_exclusions_are_heeded(site: Any) -> None:
    """A request may ask for fewer slots, and not for some arms."""
    decision = await site.rank(slots=1, exclude=["coats", "hats", "hats"])
    assert [(slot["arm"], slot["propensity"]) for slot in decision["slots"]] == [("boots", 1.0)]


async def test_inline_arms_take_the_place_of_the_catalogue(site: Any) -> None:
    """Arms that come with a rank are ranked with their payloads, and only they."""
    arms = [{"id": "x", "payload": {"a": [1]}}, {"id": "y", "features": {"f": 1, "g": "z", "h": True}}]
    decision = await site.rank(arms=arms, exclude=["y"])
    assert [(slot["arm"], slot["payload"]) for slot in decision["slots"]] == [("x", {"a": [1]})]


async def test_a_repeated_own_id_gets_the_first_answer(site: Any) -> None:
    """Whoever asks again with the same id, whatever else they say now, gets the decision that exists."""
    first = await site.rank(decision_id="mine")
    head = site.service.live.log.head
    again = await site.rank(decision_id="mine", slots=1, user="somebody else")
    assert again == first
    assert site.service.live.log.head == head


async def paused(site: Any, arm: str) -> None:
    """Pause an arm."""
    reply = await site.ask("PATCH", f"/v1/placements/home/arms/{arm}", {"paused": True})
    assert reply.status == 200


async def deleted(site: Any, arm: str) -> None:
    """Delete an arm."""
    await site.service.changes.delete_arm("home", arm, by="test")


@pytest.mark.parametrize(
    ("change", "reason"), [(paused, "paused"), (deleted, "it is no arm of the placement any more")]
)
async def test_a_repeated_decision_never_brings_back_an_arm_that_is_gone(
    site: Any, change: Any, reason: str
) -> None:
    """The slot is left out with the reason; the others are answered as they were, and take rewards."""
    first = await site.rank(decision_id="view-1")
    gone = first["slots"][0]["arm"]
    await change(site, gone)
    again = await site.rank(decision_id="view-1")
    assert again["slots"] == first["slots"][1:]
    assert again["left_out"] == [{"slot": 0, "arm": gone, "reason": reason}]
    body = {"decision_id": "view-1", "event": "click", "slot": 1}
    assert (await site.ask("POST", "/v1/reward", body, role="publishable")).data["status"] == "accepted"


async def test_a_repeated_decision_heeds_what_is_excluded_now(site: Any) -> None:
    """An arm that the repeating request excludes is not answered."""
    first = await site.rank(decision_id="view-1")
    arm = first["slots"][1]["arm"]
    again = await site.rank(decision_id="view-1", exclude=[arm])
    assert again["slots"] == first["slots"][:1]
    assert again["left_out"] == [{"slot": 1, "arm": arm, "reason": "excluded by the caller"}]


async def test_excluding_an_arm_that_is_gone_changes_nothing_and_stands_in_the_trace(site: Any) -> None:
    """A front end that has not heard of a deletion keeps working."""
    decision = await site.rank(exclude=["hats", "summer-sale"])
    assert "hats" not in [slot["arm"] for slot in decision["slots"]]
    trace = (await site.ask("GET", f"/v1/decisions/{decision['decision_id']}")).data
    assert trace["left_out"] == {
        "hats": "excluded by the caller",
        "summer-sale": "excluded by the caller; it is no arm of the placement",
    }


async def test_payloads_come_from_the_catalogue_that_decided(site: Any) -> None:
    """Clients rank while the only arm is replaced again and again: no answer has another arm's payload."""
    answers: list[dict[str, Any]] = []
    done = asyncio.Event()

    async def ranking() -> None:
        while not done.is_set():
            answers.append(await site.rank())

    clients = [asyncio.ensure_future(ranking()) for _ in range(8)]
    for n in range(30):
        arms = {f"arm-{n}": {"payload": {"title": f"arm-{n}"}}}
        assert (await site.ask("PUT", "/v1/placements/home", {"slots": 2, "arms": arms})).status == 200
    done.set()
    await asyncio.gather(*clients)
    shown = [slot for answer in answers for slot in answer["slots"] if slot["arm"].startswith("arm-")]
    assert len({slot["arm"] for slot in shown}) > 5
    assert all(slot["payload"] == {"title": slot["arm"]} for slot in shown)


async def test_a_decision_that_cannot_be_kept_is_answered(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the log cannot be written, a rank is answered all the same and says that it was not logged."""

    def full(_: object) -> Any:
        raise Unavailable("log: got no space; try again")

    append = site.service.live.log.append
    monkeypatch.setattr(site.service.live.log, "append", lambda _: append(full))
    decision = await site.rank()
    assert (decision["logged"], len(decision["slots"])) == (False, 2)


async def test_a_deferred_decision_counts_once_activated(site: Any) -> None:
    """Deferred, it is not counted; activating it counts it, and doing so again changes nothing."""
    decision = (await site.rank(defer=True))["decision_id"]
    for _ in range(2):
        reply = await site.ask("POST", "/v1/activate", {"decision_id": decision}, role="publishable")
        assert reply.data == {"decision_id": decision, "status": "activated"}
    trace = (await site.ask("GET", f"/v1/decisions/{decision}")).data
    assert trace["deferred"]
    assert [event["kind"] for event in trace["events"]] == ["activated"]


async def test_a_trace_tells_all(site: Any) -> None:
    """The trace shows what was known, who was left out and why, the probabilities, and the rewards."""
    await site.service.changes.patch_arm("home", "hats", {"paused": True}, by="test")
    decision = await site.rank(user="u-1")
    await site.ask("POST", "/v1/reward", {"decision_id": decision["decision_id"], "event": "click"})
    trace = (await site.ask("GET", f"/v1/decisions/{decision['decision_id']}", role="viewer")).data
    assert trace["left_out"] == {"hats": "paused"}
    assert [slot["arm"] for slot in trace["slots"]] == [slot["arm"] for slot in decision["slots"]]
    assert trace["slots"][0]["probabilities"] == {"coats": 0.5, "boots": 0.5}
    assert [event["value"] for event in trace["events"]] == [1.0]
    assert "u-1" not in str(trace)


async def test_there_is_no_such_decision(site: Any) -> None:
    """Asking about nothing is answered with 404."""
    reply = await site.refused("GET", "/v1/decisions/nothing")
    assert (reply.status, reply.error["code"]) == (404, "decision_not_found")


async def test_too_many_at_once_are_turned_away(open_site: Any) -> None:
    """Beyond what may wait, a rank is answered with 503 and when to come again."""
    site = await open_site(most_waiting=0)
    reply = await site.refused("POST", "/v1/rank", {"placement": "home"})
    assert (reply.status, reply.error["code"], reply.headers["Retry-After"]) == (503, "overloaded", "1")

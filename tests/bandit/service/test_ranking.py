# SPDX-License-Identifier: Apache-2.0
"""Ranks: batches, caps, pauses, ids of the caller's own, and an answer whatever fails."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from bandit.core.catalogue import parse_arm
from bandit.core.codec import encode
from bandit.core.draw import chance
from bandit.core.join import Posted
from bandit.errors import Conflict, Invalid, NotFound, Unavailable
from bandit.service.ranking import Ranked
from policies import DEFAULT


async def ranks(rig: Any, count: int, **request: Any) -> list[Any]:
    """Decisions of requests that arrive together."""
    return await asyncio.gather(*(rig.rank(**request) for _ in range(count)))


async def test_requests_that_arrive_together_are_decided_together(rig: Any) -> None:
    """A batch is one group of the log, and each of its decisions an event of its own."""
    await rig.put()
    groups: list[int] = []
    fold = rig.committed

    def committed(records: Any) -> None:
        groups.append(len(records))
        fold(records)

    rig.committed = committed
    decided = await ranks(rig, 20)
    assert groups == [20]
    assert len({each.decision for each in decided}) == 20
    assert {each.model for each in decided} == {f"{DEFAULT['kind']}@1"}
    rig.check()


async def test_a_huge_batch_is_decided_in_parts(rig: Any) -> None:
    """However many wait, each is answered, and later parts know of earlier ones."""
    await rig.put()
    decided = await ranks(rig, 600)
    assert len({each.decision for each in decided}) == 600
    assert len({each.model for each in decided}) > 1


async def test_placements_of_a_batch_are_kept_apart(rig: Any) -> None:
    """Requests for several placements that arrive together are each decided by their own."""
    for name in ("one", "two"):
        await rig.put(name, arms={name: {}})
    decided = await asyncio.gather(*(rig.rank(placement=name) for name in ("one", "two") * 5))
    assert [each.slots for each in decided] == [["one"], ["two"]] * 5


async def test_caps_hold_within_a_batch(rig: Any) -> None:
    """A user who asks many times at once is shown a capped arm no more often than one who asks one by one."""
    await rig.put(arms={"a": {"cap": {"per_user": 2}}, "b": {}}, policy={"kind": "fixed"}, floor=0, holdout=0)
    decided = await ranks(rig, 10, user="u")
    assert [each.slots[0] for each in decided].count("a") == 2
    assert [each.slots[0] for each in await ranks(rig, 3, user="v")].count("a") == 2


async def test_the_next_rank_knows_an_accepted_reward(rig: Any) -> None:
    """What was posted before a request has moved the model and the score that it is decided by."""
    await rig.put(arms={"a": {}}, reward={"default": 0.5})
    before = await rig.rank()
    await rig.rank()
    await rig.reward(Posted(before.decision, event="click"))
    after = await rig.rank()
    assert [each.model for each in (before, after)] == [f"{DEFAULT['kind']}@{n}" for n in (1, 4)]
    assert after.scores[0] > before.scores[0]


async def test_what_was_paused_is_never_shown_again(rig: Any) -> None:
    """Invariant 8: no decision after a pause shows the arm, neither those that wait nor those that come."""
    await rig.put()
    waiting = [asyncio.ensure_future(rig.rank()) for _ in range(50)]
    await asyncio.sleep(0)
    pausing = asyncio.ensure_future(rig.service.changes.patch_arm("home", "a", {"paused": True}, by="test"))
    await asyncio.sleep(0)
    during = [asyncio.ensure_future(rig.rank()) for _ in range(50)]
    await asyncio.gather(pausing, *waiting, *during)
    acknowledged = rig.log.head
    await ranks(rig, 50)
    kinds = [type(record.event).__name__ for record in rig.log.read(0, limit=1000)]
    shown = [r.event.slots[0] for r in rig.log.read(kinds.index("ArmPut") + 1, limit=1000)]
    assert len(shown) >= 50
    assert "a" not in shown
    assert acknowledged < rig.log.head


async def test_a_change_whose_caller_left_holds_ranks_back(rig: Any) -> None:
    """A change that is under way counts although nobody waits for it any more."""
    await rig.put()
    pausing = asyncio.ensure_future(rig.service.changes.patch_arm("home", "a", {"paused": True}, by="test"))
    await asyncio.sleep(0)
    assert not rig.service.live.settled
    pausing.cancel()
    decided = await ranks(rig, 20)
    assert pausing.cancelled()
    assert "a" not in {arm for each in decided for arm in each.slots}
    assert rig.state.catalogue["home"].arms["a"].paused
    rig.check()


async def test_an_own_id_is_one_decision(rig: Any) -> None:
    """A repeated request gets the first answer, in the same batch and later; elsewhere it is a conflict."""
    await rig.put()
    await rig.put("other")
    first, twin = await ranks(rig, 2, decision_id="own")
    later = await rig.rank(decision_id="own")
    assert encode(first) == encode(twin) == encode(later)
    assert len(rig.log.history("own")) == 1
    with pytest.raises(Conflict):
        await rig.rank(placement="other", decision_id="own")


@pytest.mark.parametrize("own", ["", "x" * 257])
async def test_an_own_id_has_a_length(rig: Any, own: str) -> None:
    """An id that is empty or endless is refused."""
    await rig.put()
    with pytest.raises(Invalid):
        await rig.rank(decision_id=own)


async def test_arms_of_the_request_take_the_place_of_the_catalogues(rig: Any) -> None:
    """A request may bring its own arms, which are learned about like any others."""
    await rig.put(slots=2)
    brought = {"x": parse_arm({}), "y": parse_arm({"paused": True})}
    decided = await rig.rank(arms=brought)
    assert (decided.slots, decided.left_out) == (["x"], {"y": "paused"})
    await rig.reward(Posted(decided.decision, event="click"))
    assert (await rig.rank(arms=brought)).scores[0] > 0
    rig.check()


async def test_a_log_that_cannot_be_written_is_no_reason_for_an_empty_page(
    rig: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 5: a decision that could not be logged is answered and marked; nothing is learned from it."""
    await rig.put()
    before = rig.check()

    def refuses(_: Any) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        future.set_exception(Unavailable("log: got a full disk; try again"))
        return future

    monkeypatch.setattr(rig.log, "append", refuses)
    ranked: Ranked = await rig.service.rank("home", {})
    assert (len(ranked.decided.slots), ranked.logged) == (1, False)
    monkeypatch.undo()
    assert rig.check() == before
    assert (await rig.service.rank("home", {})).logged


async def test_a_failing_policy_falls_back_to_the_marketers_order(
    rig: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 7: whatever a policy raises or answers, arms stand in the order of the catalogue, marked."""
    await rig.put(slots=3)
    policy = rig.state.learners["home"].policy
    for broken in (
        {"believe": lambda arms, x: 1 / 0},
        {"probabilities": lambda belief, eligible, seeds: np.full(eligible.shape, np.nan)},
    ):
        with monkeypatch.context() as patched:
            for name, method in broken.items():
                patched.setattr(policy, name, method)
            decided = await rig.rank()
        assert (decided.slots, decided.fallback, decided.learns) == (["a", "b", "c"], True, False)
    assert not (await rig.rank()).fallback
    rig.check()


async def test_nobody_waits_for_ever(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure that nothing foresaw is told to those whom it hits, and only to them."""
    await rig.put()
    await rig.put("other")
    stage = rig.service.stages.get("home")
    monkeypatch.setattr(stage.encoder, "encode", lambda known: 1 / 0)
    answers = await asyncio.gather(rig.rank(), rig.rank(placement="other"), return_exceptions=True)
    assert isinstance(answers[0], Unavailable)
    assert getattr(answers[1], "placement", None) == "other"


async def test_too_many_at_once_are_turned_away(make_rig: Any) -> None:
    """Beyond its limit the service says so instead of letting requests pile up."""
    rig = make_rig(most_waiting=5)
    await rig.put()
    answers = await asyncio.gather(*(rig.rank() for _ in range(8)), return_exceptions=True)
    assert [isinstance(each, Unavailable) for each in answers] == [False] * 5 + [True] * 3
    await rig.service.close()


@pytest.mark.parametrize("slots", [0, -1])
async def test_no_slots_at_all_are_refused(rig: Any, slots: int) -> None:
    """A request that asks for none is refused."""
    await rig.put()
    with pytest.raises(Invalid, match="slots"):
        await rig.rank(slots=slots)


async def test_no_more_slots_than_the_placement_has(rig: Any) -> None:
    """A front end that has not heard that the placement shrank gets the slots that there are."""
    await rig.put()
    assert len((await rig.rank(slots=2)).slots) == 1


async def test_a_request_that_fails_the_policy_falls_back_alone(rig: Any, monkeypatch: Any) -> None:
    """Of a batch in which one visitor's vector breaks the policy, all others are served by it."""
    await rig.put()
    policy = rig.service.live.state.learners["home"].policy
    probabilities = type(policy).probabilities

    def broken(self: Any, belief: Any, eligible: Any, *, seeds: Any) -> Any:
        return np.where(
            np.isin(seeds, bad)[:, None], np.nan, probabilities(self, belief, eligible, seeds=seeds)
        )

    bad = chance(["d5"], "home", count=1).seeds
    monkeypatch.setattr(type(policy), "probabilities", broken)
    ranked = await asyncio.gather(*(rig.rank(decision_id=f"d{n}") for n in range(20)))
    assert [each.decision for each in ranked if each.fallback] == ["d5"]


async def test_no_such_placement(rig: Any) -> None:
    """A placement that does not exist, or that is deleted while a request waits, is not found."""
    with pytest.raises(NotFound):
        await rig.rank()
    await rig.put()
    deleting = asyncio.ensure_future(rig.service.changes.delete_placement("home", by="test"))
    await asyncio.sleep(0)
    assert not rig.service.live.settled
    with pytest.raises(NotFound):
        await rig.rank()
    await deleting
    rig.check()


async def test_a_visitor_who_leaves_disturbs_nobody(rig: Any) -> None:
    """Requests whose caller is gone are passed over; their neighbours are answered."""
    await rig.put()
    waiting = [asyncio.ensure_future(rig.rank()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in answers] == [False, True, False]

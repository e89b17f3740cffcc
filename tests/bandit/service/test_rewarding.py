# SPDX-License-Identifier: Apache-2.0
"""Rewards, activations and the end of waits, through the log."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bandit.core.join import Posted
from bandit.errors import Conflict, Invalid, NotFound


async def test_a_reward_is_accepted_once(rig: Any) -> None:
    """The same id again is a duplicate, answered with what the slot has; another reward is a conflict."""
    await rig.put(reward={"clip": [0, 5]})
    decided = await rig.rank()
    first = await rig.reward(Posted(decided.decision, reward=2.0, reward_id="r"))
    await rig.reward(Posted(decided.decision, reward=2.5, reward_id="s"))
    again = await rig.reward(Posted(decided.decision, reward=2.0, reward_id="r"))
    assert [tuple(each) for each in (first, again)] == [("accepted", 2.0, True), ("duplicate", 4.5, True)]
    head = rig.log.head
    with pytest.raises(Conflict):
        await rig.reward(Posted(decided.decision, reward=3.0, reward_id="r"))
    assert rig.log.head == head
    rig.check()


async def test_a_repeated_event_is_a_duplicate_though_its_worth_has_changed(rig: Any) -> None:
    """A client that tries again after the marketer revalued an event is not told off."""
    await rig.put(reward={"events": {"click": 1}, "clip": [0, 4]})
    decided = await rig.rank()
    await rig.reward(Posted(decided.decision, event="click", reward_id="r"))
    await rig.put(reward={"events": {"click": 3}, "clip": [0, 4]})
    outcome = await rig.reward(Posted(decided.decision, event="click", reward_id="r"))
    assert outcome.status == "duplicate"


async def test_the_wait_ends_by_the_clock(rig: Any) -> None:
    """A decision counts with the default once its wait is over, not before, and once."""
    await rig.put(slots=2, reward={"wait_s": 60, "default": 0.5})
    decided = await rig.rank()
    tally = rig.state.learners["home"].life.tallies
    rig.clock.now += 60
    assert await rig.service.rewarding.expire(at=rig.clock()) == 0
    rig.clock.now += 0.001
    assert await rig.service.rewarding.expire(at=rig.clock()) == 1
    assert await rig.service.rewarding.expire(at=rig.clock()) == 0
    group = "holdout" if decided.holdout else "policy"
    assert [(tally[group][arm].counted, tally[group][arm].total) for arm in decided.slots] == [(1, 0.5)] * 2
    late = await rig.reward(Posted(decided.decision, event="click"))
    assert tuple(late) == ("late", 1.0, True)
    assert tally[group][decided.slots[0]].total == 1.0
    rig.check()


async def test_many_waits_end_together(rig: Any) -> None:
    """More decisions than one transaction takes are all closed in one go."""
    await rig.put(reward={"wait_s": 1})
    for _ in range(3):
        for decided in [await rig.rank() for _ in range(200)]:
            assert not decided.counted
    rig.clock.now += 10
    assert await rig.service.rewarding.expire(at=rig.clock()) == 600


async def test_waits_end_although_the_placement_waits_no_more(rig: Any) -> None:
    """What a decision was promised holds: a wait that began ends, whatever the placement does now."""
    await rig.put(reward={"wait_s": 60})
    await rig.rank()
    await rig.put(reward={"wait_s": 0})
    rig.clock.now += 100
    await rig.service._expire_waits()
    assert (
        rig.state.learners["home"].life.tallies["policy"]
        or rig.state.learners["home"].life.tallies["holdout"]
    )
    kinds = [type(record.event).__name__ for record in rig.log.read(0, limit=10)]
    assert kinds[-1] == "Expired"


async def test_a_reward_that_is_too_late_is_kept_but_not_learned(rig: Any) -> None:
    """After the late window a reward is answered as late, logged, and changes no sum."""
    await rig.put(reward={"late_s": 100})
    decided = await rig.rank()
    policy = rig.state.learners["home"].policy
    before = policy.dump()
    rig.clock.now += 101
    assert tuple(await rig.reward(Posted(decided.decision, event="click"))) == ("late", 1.0, False)
    assert policy.dump() == before
    assert len(rig.log.history(decided.decision)) == 2
    rig.check()


async def test_activation_is_idempotent(rig: Any) -> None:
    """A deferred decision counts from its activation on; activating it again changes nothing."""
    await rig.put(slots=2)
    decided = await rig.rank(deferred=True)
    tallies = rig.state.learners["home"].life.tallies
    group = "holdout" if decided.holdout else "policy"
    assert tallies[group] == {}
    for _ in range(2):
        await rig.service.rewarding.activate(decided.decision, scope=frozenset(), at=rig.clock())
    assert [(t.shown, t.counted) for t in tallies[group].values()] == [(1, 1), (1, 1)]
    assert len(rig.log.history(decided.decision)) == 2
    shown = await rig.rank()
    with pytest.raises(Conflict):
        await rig.service.rewarding.activate(shown.decision, scope=frozenset(), at=rig.clock())
    rig.check()


async def test_what_a_key_may_not_see_does_not_exist(rig: Any) -> None:
    """A decision of another placement is not found, in the same words as one that never was."""
    await rig.put()
    decided = await rig.rank()
    scope = frozenset({"other"})
    messages = []
    for decision in (decided.decision, "never"):
        with pytest.raises(NotFound) as caught:
            await rig.service.rewarding.reward(Posted(decision, event="click"), scope=scope, at=rig.clock())
        messages.append(caught.value.message.replace(decision, "-"))
    assert messages[0] == messages[1]
    with pytest.raises(NotFound):
        await rig.service.rewarding.activate(decided.decision, scope=scope, at=rig.clock())
    with pytest.raises(NotFound):
        rig.service.reporting.trace(decided.decision, scope=scope)


@pytest.mark.parametrize(
    "posted", [{"event": "buy"}, {"reward": float("nan")}, {}, {"event": "click", "slot": 1}]
)
async def test_a_refused_reward_changes_nothing(rig: Any, posted: dict[str, Any]) -> None:
    """Bad input leaves log and state as they were."""
    await rig.put()
    decided = await rig.rank()
    before, head = rig.check(), rig.log.head
    with pytest.raises(Invalid):
        await rig.reward(Posted(decided.decision, **posted))
    assert (rig.check(), rig.log.head) == (before, head)


async def changed_kind(rig: Any) -> None:
    """Give the placement another policy."""
    await rig.put(policy={"kind": "thompson"})


async def made_anew(rig: Any) -> None:
    """Delete the placement and create it again."""
    await rig.service.changes.delete_placement("home", by="test")
    await rig.put(policy={"kind": "linucb"})


@pytest.mark.parametrize("change", [changed_kind, made_anew])
async def test_a_reward_of_a_model_that_is_gone_is_not_said_to_be_learned(rig: Any, change: Any) -> None:
    """The reward is accepted and kept, and the answer, a repeat and the trace say that nothing learns it."""
    await rig.put(policy={"kind": "linucb"})
    decided = await rig.rank()
    before = await rig.reward(Posted(decided.decision, reward=0.5, reward_id="r-1"))
    await change(rig)
    after = await rig.reward(Posted(decided.decision, reward=0.25, reward_id="r-2"))
    again = await rig.reward(Posted(decided.decision, reward=0.5, reward_id="r-1"))
    assert [before.learned, after.learned, again.learned] == [True, False, False]
    trace = rig.service.reporting.trace(decided.decision, scope=frozenset())
    assert [event["learned"] for event in trace["events"]] == [False, False]


async def test_a_reward_of_a_fallback_is_not_said_to_be_learned(rig: Any, monkeypatch: Any) -> None:
    """What was shown without the policy teaches it nothing."""
    await rig.put(policy={"kind": "linucb"})
    policy = type(rig.service.live.state.learners["home"].policy)
    monkeypatch.setattr(policy, "probabilities", lambda *_, **__: np.full((1, 3), np.nan))
    decided = await rig.rank()
    assert decided.fallback
    assert not (await rig.reward(Posted(decided.decision, reward=1.0))).learned

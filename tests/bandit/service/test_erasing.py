# SPDX-License-Identifier: Apache-2.0
"""Forgetting users: nothing is left of them in the state, whatever else goes on; a restart finishes it."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import numpy as np
import pytest

from bandit.core.events import Decided, Joined, UserErased, UserForgotten
from bandit.core.fold import Fold
from bandit.core.join import Posted
from bandit.core.snapshot import dump
from bandit.core.state import State
from bandit.errors import NotFound

WAIT_S = 600.0
ARMS: dict[str, Any] = {"a": {"cap": {"per_user": 9}}, "b": {"features": {"price": 3}}, "c": {}}
PLACEMENTS: dict[str, dict[str, Any]] = {
    "plain": {"slots": 2},
    "read": {"slots": 3, "examination": "estimated", "cascade": True, "reward": {"clip": [-1, 1]}},
    "waits": {"slots": 2, "reward": {"default": 0.25, "wait_s": WAIT_S}, "cascade": True},
    "proving": {"slots": 2, "policy": {"kind": "apprentice", "student": {"kind": "thompson_shared"}}},
}


async def visits(rig: Any, *, users: int = 6, rounds: int = 4) -> list[Decided]:
    """Let users visit all placements, click, and leave some pages waiting, deferred or empty."""
    rng = np.random.default_rng(1)
    for name, data in PLACEMENTS.items():
        await rig.put(name, arms=ARMS, features={"dimension": 5}, holdout=0.3, **data)
    pages = []
    for n in range(users * rounds):
        rig.clock.now += 150.0
        for name in PLACEMENTS:
            request = {"exclude": frozenset(ARMS)} if n % 11 == 5 else {"deferred": n % 5 == 3}
            page = await rig.rank(placement=name, user=f"u-{n % users}", context={"n": n % 3}, **request)
            pages.append(page)
            if page.deferred and n % 2:
                await rig.service.rewarding.activate(page.decision, scope=frozenset(), at=rig.clock())
            for slot in rng.permutation(len(page.slots))[: rng.integers(3)].tolist():
                await rig.reward(Posted(page.decision, reward=float(rng.choice([0.5, 1.0, 0.0])), slot=slot))
        await rig.service.rewarding.expire(at=rig.clock())
    return pages


def without(rig: Any, *users: str) -> bytes:
    """The bytes of a log in which users never came; where it stands and who was forgotten is left aside."""
    names = {rig.service._names.pseudonym(user) for user in users}
    records = rig.log.read(0, limit=100_000)
    gone = {event.decision for _, event in records if isinstance(event, Decided) and event.user in names}
    fold = Fold(State())
    fold.apply(
        record
        for record in records
        if not (isinstance(record.event, Decided | Joined) and record.event.decision in gone)
        and not isinstance(record.event, UserForgotten | UserErased)
    )
    return standing(fold.state, at=rig.clock())


def standing(state: State, *, at: float) -> bytes:
    """The bytes of a state; where it stands in the log and who was forgotten is left aside."""
    return dump(dataclasses.replace(state, position=0, at=at, forgotten={}))


def aside(rig: Any) -> bytes:
    """The bytes of the service's state, likewise."""
    return standing(rig.state, at=rig.clock())


async def test_nothing_is_left_of_a_forgotten_user(rig: Any) -> None:
    """Every sum, tally, counter and cap is, to the byte, as if the user had never come."""
    pages = await visits(rig)
    mine = sum(page.user == rig.service._names.pseudonym("u-3") for page in pages)
    assert await rig.service.forget("u-3", by="ann") == (mine, {})
    assert aside(rig) == without(rig, "u-3") != without(rig)
    await rig.service.forget("u-5", by="ann")
    assert aside(rig) == without(rig, "u-3", "u-5")
    rig.check()


async def test_forgetting_everybody_leaves_an_untaught_service(rig: Any) -> None:
    """When all users are gone, reports are empty and policies know nothing."""
    await visits(rig, users=3, rounds=3)
    for n in range(3):
        await rig.service.forget(f"u-{n}", by="ann")
    for name in PLACEMENTS:
        report = rig.service.reporting.report(name)
        assert report.decisions == {"policy": 0, "holdout": 0, "fallback": 0}
        assert [(arm.shown, arm.rewards) for arm in report.arms] == [(0, 0)] * 3
    assert aside(rig) == without(rig, "u-0", "u-1", "u-2")


async def test_forgetting_again_takes_nothing_away_twice(rig: Any) -> None:
    """A second wish finds only what came since; a user who comes back is new."""
    await visits(rig, users=3, rounds=2)
    await rig.service.forget("u-1", by="ann")
    before = aside(rig)
    assert (await rig.service.forget("u-1", by="ann")).decisions == 0
    assert aside(rig) == before
    page = await rig.rank(placement="plain", user="u-1")
    await rig.reward(Posted(page.decision, event="click", slot=0))
    assert aside(rig) != before
    assert (await rig.service.forget("u-1", by="ann")).decisions == 1
    assert aside(rig) == before


async def test_forgotten_decisions_are_not_there_any_more(rig: Any) -> None:
    """They take no rewards and no activation, cannot be traced, and their waits end without counting."""
    await visits(rig, users=2, rounds=2)
    page = await rig.rank(placement="waits", user="u-0")
    await rig.rank(placement="waits", user="u-1")
    later = await rig.rank(placement="plain", user="u-0", deferred=True)
    await rig.service.forget("u-0", by="ann")
    before = aside(rig)
    rewarding, scope = rig.service.rewarding, frozenset[str]()
    with pytest.raises(NotFound, match="there is no such decision"):
        await rig.reward(Posted(page.decision, event="click"))
    with pytest.raises(NotFound):
        await rewarding.activate(later.decision, scope=scope, at=rig.clock())
    with pytest.raises(NotFound):
        rig.service.reporting.trace(page.decision, scope=scope)
    rig.clock.now += 2 * WAIT_S
    assert await rewarding.expire(at=rig.clock()) >= 1
    assert aside(rig) == without(rig, "u-0")
    assert aside(rig) != before  # as the wait of u-1 did count
    assert await rewarding.expire(at=rig.clock()) == 0


async def test_a_wish_that_a_stop_cut_short_is_finished_at_the_next_start(rig: Any) -> None:
    """The barrier alone is in the log; the next start takes away what it asks for, and says who asked."""
    await visits(rig, users=2, rounds=2)
    user = rig.service._names.pseudonym("u-1")
    await rig.service.live.change([UserForgotten(at=rig.clock(), by="ann", user=user)])
    rig.open()
    assert aside(rig) != without(rig, "u-1")
    await rig.service.start()
    assert aside(rig) == without(rig, "u-1")
    [*_, wish, done] = rig.service.reporting.audit(after=0, limit=100)
    assert (wish["kind"], done["kind"], wish["by"], done["by"]) == (
        "user_forgotten",
        "user_erased",
        "ann",
        "ann",
    )
    assert done["decisions"] == 8
    assert "erasures" not in done


async def test_rewards_and_ranks_under_way_slip_through_nowhere(rig: Any) -> None:
    """Whatever is posted and asked at the moment of forgetting either counts and is taken away, or is new."""
    pages = await visits(rig, users=2, rounds=3)
    mine = [page for page in pages if page.user == rig.service._names.pseudonym("u-1") and page.slots]
    rewards = [rig.reward(Posted(page.decision, reward=0.5, reward_id="x", slot=0)) for page in mine]
    ranks = [rig.rank(placement="plain", user="u-1", context={"n": n}) for n in range(4)]
    middle = len(rewards) // 2
    await asyncio.gather(
        *rewards[:middle], *ranks[:2], rig.service.forget("u-1", by="ann"), *rewards[middle:], *ranks[2:],
        return_exceptions=True,
    )  # fmt: skip
    await rig.service.forget("u-1", by="ann")
    assert aside(rig) == without(rig, "u-1")
    rig.check()


async def test_policies_that_cannot_unlearn_are_named(rig: Any) -> None:
    """Their sums do not exist; tallies are taken away, and the answer says who still knows."""
    await rig.put("blackbox", policy={"kind": "logistic_thompson"}, features={"dimension": 4})
    await rig.put("fresh", policy={"kind": "logistic_thompson"}, features={"dimension": 4})
    for name in ("blackbox", "fresh"):
        await rig.rank(placement=name, user="u")
    for kind in ("linucb", "logistic_thompson"):
        await rig.service.changes.patch_placement("fresh", {"policy": {"kind": kind}}, by="t", forget=True)
    learned = rig.state.learners["blackbox"].policy.dump()
    found = await rig.service.forget("u", by="ann")
    assert found == (2, {"blackbox": "logistic_thompson"})
    assert rig.state.learners["blackbox"].policy.dump() == learned
    assert rig.service.reporting.report("blackbox").arms[0].shown == 0


async def test_a_change_of_scale_or_a_deleted_placement_leaves_nothing_to_take_away(rig: Any) -> None:
    """What reports and policies have dropped already is not taken away a second time."""
    await rig.put("scaled", features={"dimension": 4})
    await rig.put("gone", features={"dimension": 4})
    for name in ("scaled", "gone"):
        await rig.rank(placement=name, user="u")
    await rig.service.changes.patch_placement("scaled", {"reward": {"clip": [0, 5]}}, by="t", forget=True)
    await rig.service.changes.delete_placement("gone", by="t")
    await rig.rank(placement="scaled", user="v")
    before = aside(rig)
    assert (await rig.service.forget("u", by="ann")).decisions == 2
    assert aside(rig) == before == without(rig, "u")

# SPDX-License-Identifier: Apache-2.0
"""Invariants 3 and 4: one contribution a slot, and the same bytes in whatever order rewards come."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandit.core.events import Decided, Expired, Rewarded
from bandit.core.features import vector
from bandit.core.join import Posted
from bandit.core.snapshot import dump
from bandit.core.state import State
from policies import POLICIES, build

WAIT_S = 60
DECISIONS = 4
POLICY = {"kind": "linucb"}
RULE: dict[str, Any] = {"default": 0.25, "clip": [-1, 2], "wait_s": WAIT_S}


@st.composite
def posts(draw: st.DrawFn) -> tuple[list[Posted], list[Any]]:
    """Rewards of a few decisions, and how they come: shuffled, some twice, the end of waits among them."""
    made = [
        Posted(
            f"own-{draw(st.integers(0, DECISIONS - 1))}",
            reward=draw(st.integers(-3000, 3000)) / 1024,
            slot=draw(st.integers(0, 1)),
            reward_id=f"r-{n}",
        )
        for n in range(draw(st.integers(0, 8)))
    ]
    again = draw(st.lists(st.sampled_from(made), max_size=4)) if made else []
    return made, draw(st.permutations([*made, *again, "expire"]))


async def after(rig: Any, aggregate: str, coming: list[Any], **data: Any) -> State:
    """What is left when decisions were made and rewards have come, the position and the time aside."""
    await rig.put(slots=2, policy=POLICY, reward={**RULE, "aggregate": aggregate}, **data)
    for n in range(DECISIONS):
        await rig.rank(context={"n": n}, decision_id=f"own-{n}", user=f"u-{n}")
    for each in coming:
        if each == "expire":
            rig.clock.now += 2 * WAIT_S
            await rig.service.rewarding.expire(at=rig.clock())
        else:
            await rig.reward(each)
    rig.check()
    found: State = dataclasses.replace(rig.state, position=0, at=0.0)
    return found


@pytest.mark.parametrize("aggregate", ["sum", "max"])
@given(case=posts())
@settings(max_examples=40)
def test_order_duplicates_and_lateness_leave_no_trace(
    make_rig: Any, run: Any, aggregate: Literal["sum", "max"], case: tuple[list[Posted], list[Any]]
) -> None:
    """Any order, repetition and lateness of rewards gives the bytes of the canonical order."""
    made, coming = case
    canonical = run(after(make_rig(), aggregate, [*made, "expire"]))
    assert dump(run(after(make_rig(), aggregate, coming))) == dump(canonical)


@given(case=posts())
@settings(max_examples=25)
def test_sums_are_those_of_the_final_rewards(
    make_rig: Any, run: Any, case: tuple[list[Posted], list[Any]]
) -> None:
    """By brute force: A is the sum of x x' over slots shown, b that of r x with each slot's last reward."""
    rig = make_rig()
    run(after(rig, "sum", case[1]))
    decided: dict[str, Decided] = {}
    final: dict[tuple[str, int], float] = {}
    for record in rig.log.read(0, limit=1000):
        if isinstance(record.event, Decided):
            decided[record.event.decision] = record.event
        elif isinstance(record.event, Rewarded):
            final[record.event.decision, record.event.slot] = record.event.r
        elif isinstance(record.event, Expired):
            final.update({(record.event.decision, c.slot): c.reward for c in record.event.contributions})
    learner = rig.state.learners["home"]
    sums, d = learner.policy.sums, learner.policy.dimension
    for arm in "abc":
        shown = [(e, s) for e in decided.values() for s, name in enumerate(e.slots) if name == arm]
        x = np.array([vector(e.x, dimension=d)[0] for e, _ in shown]).reshape(-1, d)
        r = np.array([final[e.decision, s] for e, s in shown])
        tally = [learner.life.tallies[group].get(arm) for group in ("policy", "holdout")]
        assert sum(each.counted for each in tally if each) == len(shown)
        assert sum(each.total for each in tally if each) == r.sum()
        assert sum(each.squares for each in tally if each) == (r * r).sum()
        if shown:
            row = sums.totals([sums.rows[arm]])[0]
            assert row[:2].tolist() == [len(shown), r.sum()]
            assert (row[2 : 2 + d] == r @ x).all()
            assert (row[-d * (d + 1) // 2 :] == (x.T @ x)[np.triu_indices(d)]).all()


async def test_batches_of_any_size_give_the_same_bytes(rig: Any) -> None:
    """However the log is cut into pieces, what is folded from it is the same, caps and keys included."""
    await rig.put(slots=2, arms={"a": {"cap": {"per_user": 2}}, "b": {}, "c": {"paused": True}})
    await rig.service.changes.create_key("server", name="shop", by="test")
    for n in range(30):
        decided = await rig.rank(user=f"u-{n % 4}", context={"n": n})
        await rig.reward(Posted(decided.decision, event="click", slot=n % len(decided.slots)))
        rig.clock.now += 1800
    whole = rig.check()
    for batch in (1, 2, 7, 40):
        assert dump(rig.refolded(batch=batch)) == whole


async def test_each_kind_of_policy_is_the_same_after_a_restart(rig: Any) -> None:
    """What every kind of policy whose state is a sum has learned live is what the log's bytes teach it."""
    for kind in POLICIES:
        name = kind.replace("_", "-")
        await rig.put(name, slots=2, policy={"kind": kind}, features={"dimension": 4})
        for n in range(6):
            decided = await rig.rank(placement=name, context={"n": n % 2})
            await rig.reward(Posted(decided.decision, event="click", slot=n % 2))
        assert not decided.fallback
    live, read = rig.state, rig.refolded()
    for kind in POLICIES:
        if build({"kind": kind}, dimension=4).additive:
            name = kind.replace("_", "-")
            assert live.learners[name].policy.dump() == read.learners[name].policy.dump()

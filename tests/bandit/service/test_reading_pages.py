# SPDX-License-Identifier: Apache-2.0
"""How pages are read: what a slot weighs, what lies below a click, and no trace of the order of either."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandit.core.events import Decided, Expired, Rewarded
from bandit.core.features import vector
from bandit.core.fold import Fold
from bandit.core.join import Posted
from bandit.core.snapshot import dump
from bandit.core.state import State

DECISIONS = 4
WEIGHTS = (1.0, 0.75, 0.25)
ARMS: dict[str, Any] = {"a": {}, "b": {}, "c": {}, "d": {}}


@st.composite
def posts(draw: st.DrawFn) -> tuple[list[Posted], list[Any]]:
    """Rewards of a few decisions, of either sign, and how they come: shuffled, some twice, waits over."""
    made = [
        Posted(
            f"own-{draw(st.integers(0, DECISIONS - 1))}",
            reward=draw(st.sampled_from([-1024, -100, 0, 300, 1024])) / 1024,
            slot=draw(st.integers(0, 2)),
            reward_id=f"r-{n}",
        )
        for n in range(draw(st.integers(0, 9)))
    ]
    again = draw(st.lists(st.sampled_from(made), max_size=4)) if made else []
    return made, draw(st.permutations([*made, *again, "expire"]))


async def after(rig: Any, coming: list[Any], *, wait_s: float, aggregate: str = "sum") -> State:
    """What is left when pages were decided and rewards have come, the position and the time aside."""
    await rig.put(
        slots=3,
        policy={"kind": "linucb"},
        arms=ARMS,
        examination=WEIGHTS,
        cascade=True,
        holdout=0.5,
        reward={"clip": [-1, 1], "wait_s": wait_s, "aggregate": aggregate},
    )
    for n in range(DECISIONS):
        await rig.rank(context={"n": n}, decision_id=f"own-{n}")
    for each in coming:
        if each == "expire":
            rig.clock.now += 2 * wait_s
            await rig.service.rewarding.expire(at=rig.clock())
        else:
            await rig.reward(each)
    rig.check()
    found: State = dataclasses.replace(rig.state, position=0, at=0.0)
    return found


@pytest.mark.parametrize(("aggregate", "wait_s"), [("sum", 0.0), ("max", 0.0), ("sum", 60.0)])
@given(case=posts())
@settings(max_examples=25)
def test_order_duplicates_and_lateness_leave_no_trace(
    make_rig: Any, run: Any, aggregate: str, wait_s: float, case: tuple[list[Posted], list[Any]]
) -> None:
    """However rewards come, slots that were hidden for a while included, the bytes are those of one order."""
    made, coming = case
    canonical = run(after(make_rig(), [*made, "expire"], wait_s=wait_s, aggregate=aggregate))
    found = run(after(make_rig(), coming, wait_s=wait_s, aggregate=aggregate))
    assert dump(found) == dump(canonical)


@pytest.mark.parametrize("wait_s", [0.0, 60.0])
@given(case=posts())
@settings(max_examples=25)
def test_sums_are_those_of_what_was_read(
    make_rig: Any, run: Any, wait_s: float, case: tuple[list[Posted], list[Any]]
) -> None:
    """By brute force: A is the sum of w x x' over slots not below the last click, b that of r x over them."""
    rig = make_rig()
    run(after(rig, case[1], wait_s=wait_s))
    pages: dict[str, Decided] = {}
    final: dict[str, list[float]] = {}
    for _, event in rig.log.read(0, limit=1000):
        if isinstance(event, Decided):
            pages[event.decision], final[event.decision] = event, [0.0, 0.0, 0.0]
        elif isinstance(event, Rewarded):
            final[event.decision][event.slot] = event.r
        elif isinstance(event, Expired):
            assert all(each.reward == 0.0 for each in event.contributions)
    learner = rig.state.learners["home"]
    sums, d = learner.policy.sums, learner.policy.dimension
    for arm in ARMS:
        n, c, b, a = 0.0, 0.0, np.zeros(d), np.zeros((d, d))
        for name, page in pages.items():
            clicked = [slot for slot, r in enumerate(final[name]) if r > 0]
            for slot in range(max(clicked, default=2) + 1):
                if page.slots[slot] == arm:
                    x, r, w = vector(page.x, dimension=d)[0], final[name][slot], WEIGHTS[slot]
                    n, c, b, a = n + w, c + r, b + r * x, a + w * np.outer(x, x)
        row = sums.totals([sums.rows[arm]])[0] if arm in sums.rows else np.zeros(2 + 2 * d + d * (d + 1) // 2)
        assert row[:2].tolist() == [n, c]
        assert (row[2 : 2 + d] == b).all()
        assert (row[-d * (d + 1) // 2 :] == a[np.triu_indices(d)]).all()


async def test_reports_count_every_slot_that_was_shown(rig: Any) -> None:
    """Neither examination nor the cascade changes what an arm was shown and earned."""
    await rig.put(arms={"a": {}, "b": {}, "c": {}}, slots=3, examination=WEIGHTS, cascade=True, holdout=0)
    for n in range(4):
        decided = await rig.rank(context={"n": n})
        await rig.reward(Posted(decided.decision, event="click", slot=0))
    tallies = rig.state.learners["home"].life.tallies["policy"]
    assert [(each.shown, each.counted) for each in tallies.values()] == [(4, 4)] * 3
    assert sum(each.total for each in tallies.values()) == 4.0


async def clicked(rig: Any, *, rates: tuple[float, ...], visits: int) -> list[Decided]:
    """Pages of a placement that is estimated, clicked by slot at given rates whatever stands there."""
    rng = np.random.default_rng(3)
    await rig.put(slots=3, arms=ARMS, examination="estimated", holdout=0.5)
    pages = []
    for n in range(visits):
        pages.append(await rig.rank(context={"n": n % 3}))
        for slot in np.flatnonzero(rng.random(3) < rates):
            await rig.reward(Posted(pages[-1].decision, event="click", slot=int(slot)))
    return pages


async def test_examination_is_estimated_from_the_holdout(rig: Any) -> None:
    """Decisions carry what the holdout says at their time; the report shows what it says now."""
    pages = await clicked(rig, rates=(0.8, 0.4, 0.2), visits=400)
    assert pages[0].examination == ()
    assert pages[-1].examination == pytest.approx((1.0, 0.5, 0.25), abs=0.1)
    report = rig.service.reporting.report("home")
    assert tuple(each.examination for each in report.slots) == pages[-1].examination
    held = [page for page in pages if page.holdout]
    assert report.slots[1].reward.mean == pytest.approx(
        rig.state.learners["home"].positions.of(1).total / len(held)
    )
    rig.check()


@pytest.mark.parametrize("seed", range(3))
async def test_the_log_of_estimated_pages_folds_to_the_same_bytes_in_any_order(rig: Any, seed: int) -> None:
    """Weights stand in the events: what is learned does not depend on when the others were folded."""
    await clicked(rig, rates=(0.8, 0.4, 0.2), visits=60)
    events = [event for _, event in rig.log.read(0, limit=10_000)]
    order = np.random.default_rng(seed).permutation(len(events) - 1) + 1
    fold = Fold(State())
    for position, index in enumerate([0, *order.tolist()], start=1):
        fold.apply([(position, events[index])])
    assert dump(dataclasses.replace(fold.state, at=0.0)) == dump(dataclasses.replace(rig.state, at=0.0))

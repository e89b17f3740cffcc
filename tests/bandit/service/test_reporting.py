# SPDX-License-Identifier: Apache-2.0
"""Reports, traces: numbers that add up, and everything about a decision."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest

from bandit.core.join import Posted
from bandit.errors import NotFound
from policies import DEFAULT


async def test_a_report_adds_up(rig: Any) -> None:
    """Showings, shares and rewards of a report are those of the decisions, in the placement's units."""
    await rig.put(slots=2, holdout=0.3, reward={"events": {"buy": 5}, "clip": [0, 10]})
    decided = [await rig.rank(context={"n": n % 3}) for n in range(60)]
    for each in decided[::2]:
        await rig.reward(Posted(each.decision, event="buy", slot=1))
    report = rig.service.reporting.report("home")
    held = sum(each.holdout for each in decided)
    assert report.decisions == {"policy": 60 - held, "holdout": held, "fallback": 0}
    assert held > 0
    assert [arm.arm for arm in report.arms] == ["a", "b", "c"]
    assert [arm.shown for arm in report.arms] == [sum(each.slots.count(a) for each in decided) for a in "abc"]
    assert sum(arm.share for arm in report.arms) == pytest.approx(1)
    assert sum(arm.rewards for arm in report.arms) == 30
    means = {True: 0.0, False: 0.0}
    for n, each in enumerate(decided):
        means[each.holdout] += 5 * (n % 2 == 0)
    assert report.reward["policy"].mean == pytest.approx(means[False] / (2 * (60 - held)), abs=0.01)
    assert report.reward["holdout"].mean == pytest.approx(means[True] / (2 * held), abs=0.01)
    assert report.lift.mean == pytest.approx(report.reward["policy"].mean - report.reward["holdout"].mean)
    assert report.reward["fallback"].mean is None
    orjson.dumps(msgspec.to_builtins(report))


async def test_a_report_of_nothing(rig: Any) -> None:
    """A placement without decisions has no means, and none that is not known."""
    await rig.put()
    report = rig.service.reporting.report("home")
    assert [(arm.shown, arm.share, arm.reward.mean) for arm in report.arms] == [(0, 0.0, None)] * 3
    with pytest.raises(NotFound):
        rig.service.reporting.report("none")


@pytest.mark.parametrize("reward", [{}, {"clip": [-0.1, 2]}, {"events": {"left": -3}}])
async def test_bounds_of_a_mean_stay_within_what_a_reward_can_be(rig: Any, reward: dict[str, Any]) -> None:
    """Few clicks leave much open, but no rate below nothing where nobody can lose anything."""
    await rig.put(reward=reward)
    decided = [await rig.rank() for _ in range(20)]
    await rig.reward(Posted(decided[0].decision, reward=1.0))
    report = rig.service.reporting.report("home")
    least, most = rig.service.live.state.catalogue["home"].reward.range
    found = [*report.reward.values(), *(arm.reward for arm in report.arms)]
    bounds = [(each.low, each.mean, each.high) for each in found if each.mean is not None]
    assert bounds
    assert all(least <= low <= mean <= high <= most for low, mean, high in bounds)


async def test_a_rule_that_was_narrowed_does_not_move_a_mean(rig: Any) -> None:
    """Rewards of before count as they were, though they may be less than any may be now."""
    await rig.put(reward={"clip": [-10, 10]})
    for _ in range(5):
        await rig.reward(Posted((await rig.rank()).decision, reward=-10.0))
    await rig.put(reward={"clip": [-1, 10]})
    found = rig.service.reporting.report("home").reward["policy"]
    assert found.low == found.mean == -10.0
    assert found.high > -10.0


async def test_an_arm_that_is_gone_stays_in_the_report(rig: Any) -> None:
    """What a deleted arm earned is told after the arms of the catalogue."""
    await rig.put(arms={"z": {}})
    await rig.rank()
    await rig.service.changes.delete_arm("home", "z", by="t")
    await rig.service.changes.put_arm("home", "a", {"paused": True}, by="t")
    found = [(a.arm, a.in_catalogue, a.paused, a.shown) for a in rig.service.reporting.report("home").arms]
    assert found == [("a", True, True, 0), ("z", False, False, 1)]


@pytest.mark.parametrize("kind", ["linucb", "linucb_shared"])
async def test_a_trace_tells_everything(rig: Any, kind: str) -> None:
    """What was eligible and why the rest was not, the draw, and each later event with its position."""
    await rig.put(
        slots=2, policy={"kind": kind}, arms={"a": {}, "b": {"paused": True}, "c": {}}, reward={"wait_s": 9}
    )
    decided = await rig.rank(user="ann")
    await rig.reward(Posted(decided.decision, event="click", slot=1))
    rig.clock.now += 10
    await rig.service.rewarding.expire(at=rig.clock())
    trace = rig.service.reporting.trace(decided.decision, scope=frozenset({"home"}))
    assert trace["left_out"] == {"b": "paused"}
    assert (trace["position"], trace["model"], trace["user"]) == (2, f"{kind}@1", decided.user)
    for slot, told in enumerate(trace["slots"]):
        assert told["arm"] == decided.slots[slot]
        assert told["propensity"] == told["probabilities"][told["arm"]] == decided.propensities[slot]
    assert [(e["position"], e["kind"]) for e in trace["events"]] == [(3, "rewarded"), (4, "expired")]
    assert trace["events"][1]["counted_slots"] == [0]
    orjson.dumps(trace)


async def test_a_trace_of_an_empty_page(rig: Any) -> None:
    """A decision that showed nothing can be traced like any other."""
    for kind in ("linucb", "linucb_shared"):
        await rig.put(arms={"a": {"paused": True}}, policy={"kind": kind})
        decided = await rig.rank()
        assert rig.service.reporting.trace(decided.decision, scope=frozenset())["slots"] == []
    with pytest.raises(NotFound):
        rig.service.reporting.trace("none", scope=frozenset())


async def test_a_placement_without_a_policy_says_which_it_has(rig: Any) -> None:
    """The default is written into the catalogue and stands in the report, so that nobody has to guess."""
    await rig.put()
    report = rig.service.reporting.report("home")
    assert (report.policy, report.settings) == (DEFAULT["kind"], DEFAULT)
    assert rig.state.catalogue["home"].policy == DEFAULT


async def test_an_apprentice_reports_how_often_it_agrees(rig: Any) -> None:
    """A student that spreads evenly agrees with a fixed choice of two arms by half; nothing is no number."""
    policy = {"kind": "apprentice", "student": {"kind": "uniform"}}
    await rig.put(arms={"a": {}, "b": {}}, holdout=0, floor=0, policy=policy)
    assert rig.service.reporting.report("home").findings == {"slots": 0.0, "agreement": None}
    for n in range(8):
        assert (await rig.rank(context={"n": n})).slots == ["a"]
    assert rig.service.reporting.report("home").findings == {"slots": 8.0, "agreement": 0.5}
    rig.check()


async def test_a_challenger_reports_its_comparison_in_units_of_the_placement(rig: Any) -> None:
    """The share, the difference with its bounds, and whether it was stopped; its traffic stops with it."""
    worse = {"kind": "challenger", "challenger": {"kind": "uniform"}, "share": 0.5, "alpha": 0.1}
    await rig.put(
        arms={"a": {}, "b": {}},
        holdout=0,
        floor=0,
        policy=worse,
        reward={"events": {"buy": 8.0}, "clip": [0, 8]},
    )
    empty = rig.service.reporting.report("home").findings
    assert empty == {
        "slots": 0.0, "share": 0.5, "stopped": False, "difference": None, "low": None, "high": None,
    }  # fmt: skip
    for n in range(600):
        decided = await rig.rank(context={"n": n % 2})
        if decided.slots == ["a"]:
            await rig.reward(Posted(decided.decision, event="buy"))
    found = rig.service.reporting.report("home").findings
    assert (found["stopped"], found["share"]) == (True, 0.0)
    # Half of the challenger's pages miss a reward of 8.
    assert found["low"] < found["difference"] < found["high"] < 0
    assert found["difference"] == pytest.approx(-4.0, abs=0.8)
    assert decided.propensities == [1.0]
    rig.check()


async def test_what_is_inside_a_policy_reports_under_its_name(rig: Any) -> None:
    """A ramp around an apprentice hands on what the apprentice found."""
    inner = {"kind": "apprentice", "student": {"kind": "fixed"}}
    await rig.put(holdout=0, floor=0, policy={"kind": "ramp", "policy": inner, "first": 1.0})
    await rig.rank()
    findings = rig.service.reporting.report("home").findings
    assert set(findings) == {"policy.slots", "policy.agreement"}


async def test_numbers_belong_to_the_life_of_the_policy_that_earned_them(rig: Any) -> None:
    """After a change of the policy's kind the report shows the new one's numbers, and the old one's apart."""
    await rig.put(policy={"kind": "thompson"}, holdout=0)
    decided = [await rig.rank() for _ in range(5)]
    await rig.put(policy={"kind": "linucb"}, holdout=0)
    await rig.rank()
    await rig.reward(Posted(decided[0].decision, reward=1.0))
    report = rig.service.reporting.report("home")
    assert (report.policy, report.decisions["policy"], sum(arm.shown for arm in report.arms)) == (
        "linucb",
        1,
        1,
    )
    [past] = report.past
    assert (past.policy, past.decisions["policy"], sum(arm.rewards for arm in past.arms)) == (
        "thompson",
        5,
        1,
    )
    assert past.since < report.since == rig.state.learners["home"].epoch


async def test_only_the_last_lives_are_kept(rig: Any) -> None:
    """However often somebody changes their mind, reports stay small."""
    for n in range(8):
        await rig.put(policy={"kind": ("thompson", "linucb")[n % 2]})
        await rig.rank()
    report = rig.service.reporting.report("home")
    assert [life.policy for life in report.past] == ["thompson", "linucb", "thompson", "linucb", "thompson"]
    assert rig.refolded().learners["home"].past == rig.state.learners["home"].past

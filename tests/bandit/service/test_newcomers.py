# SPDX-License-Identifier: Apache-2.0
"""Arms that come with requests: what each teaches is where it belongs, whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandit.core.catalogue import Arm
from bandit.core.events import Activated, Decided, Rewarded
from bandit.core.features import vector
from bandit.core.join import Posted
from bandit.core.snapshot import dump
from bandit.core.standing import vector_of
from bandit.core.state import State
from policies import NEWCOMER, build

NAMES = ("a", "b", "v", "w", "x", "y", "z")
PLACEMENT: dict[str, Any] = {
    "slots": 2,
    "policy": {"kind": "linucb_hybrid"},
    "features": {"dimension": 4},
    "holdout": 0.5,
    "arms": {"a": {}, "b": {}},
    "newcomers": {"views": 2, "most": 2},
}


def inline(*names: str) -> dict[str, Arm]:
    """Arms that come with a request."""
    return {name: Arm(features={"kind": name, "n": float(len(name))}) for name in names}


ranks = st.tuples(st.just("rank"), st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
others = st.one_of(
    st.tuples(st.just("reward"), st.tuples(st.integers(0, 30), st.integers(0, 1), st.integers(-9, 9))),
    st.tuples(st.just("defer"), st.lists(st.sampled_from(NAMES), min_size=2, max_size=3, unique=True)),
    st.tuples(st.just("activate"), st.integers(0, 30)),
    st.tuples(st.just("put"), st.sampled_from(NAMES)),
    st.tuples(st.just("delete"), st.sampled_from(NAMES)),
    st.tuples(st.just("day"), st.none()),
)
stories = st.lists(st.one_of(ranks, ranks, others), max_size=40)


async def tell(
    rig: Any, story: Sequence[tuple[str, Any]], *, prompt: bool = False, **placement: Any
) -> State:
    """Let all of it happen; what is left, which must be what the log adds up to.

    Args:
        prompt: fold every decision at once, whatever the time, so that equal stories decide alike.
    """
    await rig.put(**{**PLACEMENT, "reward": {"clip": [-1, 1]}, **placement})
    made: list[Decided] = []
    for n, (kind, what) in enumerate(story):
        if kind in ("rank", "defer"):
            made.append(await rig.rank(arms=inline(*what), user=f"u{n % 3}", deferred=kind == "defer"))
            if prompt:
                rig.service.live.catch_up()
        elif kind == "reward" and made:
            decided, slot = made[what[0] % len(made)], what[1]
            if slot < len(decided.slots):
                await rig.reward(Posted(decided.decision, reward=what[2] / 8, slot=slot, reward_id=f"r{n}"))
        elif kind == "activate" and made:
            decided = made[what % len(made)]
            if decided.deferred:
                await rig.service.rewarding.activate(decided.decision, scope=frozenset(), at=rig.clock())
        elif kind == "put":
            await rig.service.changes.put_arm("home", what, {}, by="test")
        elif kind == "delete" and what in rig.state.catalogue["home"].arms:
            await rig.service.changes.delete_arm("home", what, by="test")
        elif kind == "day":
            rig.clock.now += 86_400.0
    rig.check()
    found: State = rig.state
    return found


def counted(rig: Any) -> list[tuple[Decided, int, float]]:
    """Every slot that counts, with its last reward."""
    decided: dict[str, Decided] = {}
    final: dict[tuple[str, int], float] = {}
    for record in rig.log.read(0, limit=10_000):
        event = record.event
        if isinstance(event, Decided):
            decided[event.decision] = event
            if event.counted:
                final |= {(event.decision, slot): event.default for slot in range(len(event.slots))}
        elif isinstance(event, Rewarded):
            final[event.decision, event.slot] = event.r
        elif isinstance(event, Activated):
            final |= {(event.decision, each.slot): each.reward for each in event.contributions}
    return [(decided[decision], slot, r) for (decision, slot), r in final.items()]


@given(story=stories)
@settings(max_examples=60)
def test_sums_and_tallies_are_where_decisions_say(make_rig: Any, run: Any, story: list[Any]) -> None:
    """By brute force: an arm has what decisions taught since it is established, newcomers have the rest."""
    rig = make_rig()
    learner = run(tell(rig, story)).learners["home"]
    since = learner.established.dump().since
    wanted: dict[str, Any] = {}
    for decided, slot, r in counted(rig):
        arm = decided.slots[slot]
        name = arm if arm in since and since[arm] <= decided.made_from else NEWCOMER
        x = vector(vector_of(decided, slot), dimension=4)[0]
        n, total, b, square = wanted.get(name, (0, 0.0, np.zeros(4), np.zeros((4, 4))))
        wanted[name] = (n + 1, total + r, b + r * x, square + np.outer(x, x))
    sums = learner.policy.sums
    found = {name: sums.totals([row])[0] for name, row in sums.rows.items()}
    assert {name for name, row in found.items() if row.any()} <= wanted.keys()
    for name, (n, total, b, square) in wanted.items():
        row = found[name]
        assert row[:2].tolist() == [n, total]
        assert (row[2:6] == b).all()
        assert (row[10:] == square[np.triu_indices(4)]).all()
        tallies = [
            each for each in (learner.life.tallies[group].get(name) for group in learner.life.tallies) if each
        ]
        assert (sum(each.counted for each in tallies), sum(each.total for each in tallies)) == (n, total)


@pytest.mark.parametrize(
    "policy",
    [
        {"kind": "adaptive"},
        {"kind": "linucb", "half_life_days": 1},
        {"kind": "logistic_thompson"},
        {"kind": "ramp", "policy": {"kind": "linucb_shared"}},
    ],
    ids=str,
)
@given(story=stories)
@settings(max_examples=12)
def test_batches_of_any_size_give_the_same_bytes(
    make_rig: Any, run: Any, policy: dict[str, Any], story: list[Any]
) -> None:
    """However the log is cut, and also for policies that are no sums, the state is the same to the byte."""
    rig = make_rig()
    whole = dump(run(tell(rig, story, policy=policy)))
    for batch in (1, 3, 10):
        assert dump(rig.refolded(batch=batch)) == whole


@given(story=st.lists(ranks, min_size=4, max_size=25), data=st.data())
@settings(max_examples=25)
def test_rewards_in_any_order_give_the_same_sums(
    make_rig: Any, run: Any, story: list[Any], data: st.DataObject
) -> None:
    """Whichever comes first, and whether its arm is established or has left: the bytes are the same."""
    rewards = [("reward", (n, slot, n % 9)) for n in range(len(story)) for slot in (0, 1)]
    one, two = (
        run(tell(make_rig(), [*story, *coming], prompt=True)).learners["home"]
        for coming in (rewards, data.draw(st.permutations(rewards)))
    )
    assert one.policy.dump() == two.policy.dump()
    assert one.life.tallies == two.life.tallies


@given(story=stories)
@settings(max_examples=25)
def test_forgetting_everybody_leaves_nothing(make_rig: Any, run: Any, story: list[Any]) -> None:
    """What arms taught as newcomers, as established ones and before they left is all taken away."""

    async def forgotten(rig: Any) -> State:
        await tell(rig, story)
        for user in ("u0", "u1", "u2"):
            await rig.service.forget(user, by="test")
        rig.check()
        found: State = rig.state
        return found

    learner = run(forgotten(make_rig())).learners["home"]
    assert learner.policy.dump() == build({"kind": "linucb_hybrid"}, dimension=4).dump()
    assert not any(learner.life.tallies.values())


async def test_ever_new_arms_do_not_grow_the_state(rig: Any) -> None:
    """Ranks with arms that were never seen before keep the state's bytes within the count of newcomers."""
    await rig.put(policy={"kind": "adaptive"}, features={"dimension": 8})
    sizes = []
    for n in range(1200):
        decided = await rig.rank(arms=inline(f"n{n}", f"m{n}", f"k{n}"))
        await rig.reward(Posted(decided.decision, event="click"))
        if n % 400 == 399:
            sizes.append(len(rig.check()))
    learner = rig.state.learners["home"]
    assert set(learner.life.tallies["policy"]) == {NEWCOMER}
    assert max(sizes) < 12_000


async def test_deleted_arms_do_not_grow_the_state(rig: Any) -> None:
    """Arms put and deleted for ever, or a catalogue replaced for ever, keep sums of `most` arms at most."""
    for n in range(12):
        await rig.put(**{**PLACEMENT, "arms": {f"s{n}": {}}})
        await rig.service.changes.put_arm("home", f"t{n}", {}, by="test")
        await rig.rank()
        await rig.service.changes.delete_arm("home", f"t{n}", by="test")
    learner = rig.state.learners["home"]
    rig.check()
    assert len(learner.policy.sums.rows) <= 1 + 2 + 1
    assert len(learner.established.dump().since) == 1 + 2


async def test_the_report_has_one_line_for_newcomers(rig: Any) -> None:
    """All arms without sums of their own stand in one line; established ones have their own."""
    await rig.put(**{**PLACEMENT, "slots": 1, "holdout": 0})
    for n in range(5):
        decided = await rig.rank(arms=inline(f"n{n}"))
        await rig.reward(Posted(decided.decision, event="click"))
    for _ in range(3):
        await rig.rank(arms=inline("v"))
        rig.check()
    report = rig.service.reporting.report("home")
    lines = {each.arm: (each.shown, each.rewards, each.in_catalogue) for each in report.arms}
    assert lines == {
        "a": (0, 0, True),
        "b": (0, 0, True),
        "(newcomers)": (7, 5, False),
        "v": (1, 0, False),
    }


@pytest.mark.parametrize("kind", ["linucb_hybrid", "linucb_shared", "thompson_shared"])
async def test_arms_that_nobody_has_seen_are_known_by_their_features(rig: Any, kind: str) -> None:
    """Every request brings new arms, one of which visitors like for its topic: that is soon what they get."""
    await rig.put(policy={"kind": kind}, holdout=0, features={"dimension": 16})
    topics, liked = ("sport", "film", "travel"), []
    for n in range(240):
        arms = {f"n{n}-{topic}": Arm(features={"topic": topic}) for topic in topics}
        decided = await rig.rank(arms=arms)
        liked.append(decided.slots[0].endswith("sport"))
        if liked[-1]:
            await rig.reward(Posted(decided.decision, event="click"))
        rig.service.live.catch_up()
    assert sum(liked[120:]) > 108

# SPDX-License-Identifier: Apache-2.0
"""Deciding: filter, score, shape, draw, log, with nothing lost between."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.core.caps import Caps
from bandit.core.catalogue import Cap
from bandit.core.decide import decide
from bandit.core.events import Decided

NO_CAPS = Caps()


def probabilities(event: Decided) -> Any:
    """The probabilities used, one row a slot, one column an eligible arm."""
    return np.frombuffer(event.p, dtype="<f8").reshape(len(event.slots), len(event.arms))


def test_the_logged_propensity_is_the_probability_used(
    make_stage: Any, make_chooser: Any, make_ask: Any
) -> None:
    """Invariant 1: each propensity is its entry of the logged vector, which sums to 1 over what was left."""
    stage = make_stage(arms=5, slots=3, holdout=0.3, floor=0.05)
    for event in decide(stage, make_chooser(stage), [make_ask(n) for n in range(200)], NO_CAPS):
        p = probabilities(event)
        assert np.abs(p.sum(axis=1) - 1.0).max() <= 1e-12
        for slot, arm in enumerate(event.slots):
            assert event.propensities[slot] == p[slot, event.arms.index(arm)]
            assert [p[slot, event.arms.index(placed)] for placed in event.slots[:slot]] == [0.0] * slot


def test_no_arm_is_shown_twice(make_stage: Any, make_chooser: Any, make_ask: Any) -> None:
    """Slots are filled with different arms until slots or arms run out, whatever the neighbours get."""
    stage = make_stage(arms=4, slots=9)
    asks = [make_ask(n, slots=1 + n % 9, exclude=frozenset(["arm-0", "arm-1"][: n % 3])) for n in range(60)]
    for ask, event in zip(asks, decide(stage, make_chooser(stage), asks, NO_CAPS), strict=True):
        assert len(event.slots) == len(set(event.slots)) == min(ask.slots, 4 - len(ask.exclude))
        assert set(event.slots).isdisjoint(ask.exclude)
        assert set(event.left_out) == ask.exclude
        assert set(event.arms) == set(stage.roster.names) - ask.exclude


@pytest.mark.parametrize("arms", [{}, {"a": {"paused": True}}])
def test_without_eligible_arms_the_page_is_empty(
    arms: dict[str, Any], make_stage: Any, make_chooser: Any, make_ask: Any
) -> None:
    """A request for which there is nothing is answered with nothing, and logged with the reasons."""
    stage = make_stage(arms=arms, slots=2)
    [event] = decide(stage, make_chooser(stage), [make_ask()], NO_CAPS)
    assert (event.slots, event.propensities, event.scores, event.p) == ([], [], [], b"")
    assert (event.arms, event.left_out) == ((), dict.fromkeys(arms, "paused"))


def test_full_and_empty_pages_share_a_batch(make_stage: Any, make_chooser: Any, make_ask: Any) -> None:
    """A request without arms disturbs none of its neighbours."""
    stage = make_stage(slots=3)
    everything = frozenset(stage.roster.names)
    alone = decide(stage, make_chooser(stage), [make_ask(1)], NO_CAPS)
    asks = [make_ask(0, exclude=everything), make_ask(1), make_ask(2, exclude=everything)]
    assert decide(stage, make_chooser(stage), asks, NO_CAPS)[1:2] == alone


def test_no_requests_no_decisions(make_stage: Any, make_chooser: Any) -> None:
    """An empty batch is no error."""
    stage = make_stage()
    assert decide(stage, make_chooser(stage), [], NO_CAPS) == []


def test_logged_decisions_can_be_made_again(make_stage: Any, make_chooser: Any, make_ask: Any) -> None:
    """1,000 decisions made again show the same arms, to the bit in the same batch, as likely in any other."""
    arms = {f"a{n}": {"boost": 1 + n / 4, "share": {"max": 0.6}} for n in range(6)}
    stage = make_stage(arms=arms, slots=3, policy={"kind": "thompson"}, holdout=0.1)
    asks = [make_ask(n, known={"page": f"p{n % 7}", "age": float(n % 50)}) for n in range(1_000)]
    logged = decide(stage, make_chooser(stage), asks, NO_CAPS)
    assert decide(stage, make_chooser(stage), asks, NO_CAPS) == logged
    again: list[Decided] = []
    for start in range(0, 1_000, 37):
        again += decide(stage, make_chooser(stage), asks[start : start + 37][::-1], NO_CAPS)
    again.sort(key=lambda event: int(event.decision.removeprefix("d-")))
    assert [(each.slots, each.x) for each in again] == [(each.slots, each.x) for each in logged]
    # Sums over a batch may round differently in another one: by a few units in the last place, no more.
    for before, now in zip(logged, again, strict=True):
        assert now.propensities == pytest.approx(before.propensities, rel=1e-12)


def test_capped_arms_leave_the_page_of_their_user_only(
    make_stage: Any, make_chooser: Any, make_ask: Any
) -> None:
    """Invariant 8: a cap binds the user who has seen the arm often enough, and nobody else."""
    stage = make_stage(arms={"a": {"cap": {"per_user": 1, "window": "1h"}}, "b": {}}, slots=2)
    caps = Caps()
    caps.configure("home", {"a": Cap(per_user=1, window="1h")}, now=0.0)
    ask = make_ask(user="u")
    caps.add("home", "a", "u", at=ask.at - 60, now=ask.at)
    asks = [ask, make_ask(1, user="v"), make_ask(2)]
    events = decide(stage, make_chooser(stage), asks, caps)
    assert [set(event.slots) for event in events] == [{"b"}, {"a", "b"}, {"a", "b"}]
    assert events[0].left_out == {"a": "cap: shown 1 times within 1h"}


def test_only_declared_context_is_logged(make_stage: Any, make_chooser: Any, make_ask: Any) -> None:
    """What a caller sends without its being declared reaches the vector at most, never the log."""
    fields = {"age": {"kind": "number", "range": [0, 100]}}
    stage = make_stage(features={"fields": fields})
    [event] = decide(stage, make_chooser(stage), [make_ask(known={"age": 41.0, "email": "x@y"})], NO_CAPS)
    assert event.context == {"age": 41.0}


def test_when_a_decision_counts(make_stage: Any, make_chooser: Any, make_ask: Any) -> None:
    """Invariant 3: at once without a wait; after it with one; a deferred one not before its activation."""
    for wait_s, deferred, counted, due in (
        (0, False, True, None),
        (60, False, False, 60),
        (0, True, False, None),
        (60, True, False, None),
    ):
        stage = make_stage(reward={"wait_s": wait_s})
        ask = make_ask(deferred=deferred)
        [event] = decide(stage, make_chooser(stage), [ask], NO_CAPS)
        assert (event.counted, event.due) == (counted, due and ask.at + due)


def test_the_fallback_is_the_marketers_order(make_stage: Any, make_chooser: Any, make_ask: Any) -> None:
    """Invariant 7: in place of a policy that fails, arms stand as in the catalogue, and nobody learns."""
    stage = make_stage(arms=3, slots=2, holdout=1.0, floor=0.1)
    chooser = make_chooser(stage).replaced(dimension=stage.encoder.dimension)
    [event] = decide(stage, chooser, [make_ask()], NO_CAPS)
    assert (event.slots, event.propensities) == (["arm-0", "arm-1"], [1.0, 1.0])
    assert (event.fallback, event.learns, event.holdout, event.policy) == (True, False, False, "fixed")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.5, 0.4])
def test_a_policy_that_gives_no_probabilities_is_caught(
    bad: float, make_stage: Any, make_chooser: Any, make_ask: Any
) -> None:
    """NaN, infinity, less than 0 or a sum that is not 1 never reach the log."""
    stage = make_stage(arms=2, floor=0, policy={"kind": "linucb"})
    chooser = make_chooser(stage)

    class Broken(type(chooser.policy)):  # type: ignore[misc]
        def probabilities(self, belief: Any, eligible: Any, *, seeds: Any) -> Any:
            return np.where(eligible, [bad, 1.0 - bad if bad < 0 else 0.5], 0.0)

    broken = dataclasses.replace(chooser, policy=Broken(dimension=stage.encoder.dimension))
    with pytest.raises(ArithmeticError, match="no distribution over the eligible arms"):
        decide(stage, broken, [make_ask()], NO_CAPS)


@given(st.data())
def test_every_page_is_whole(make_stage: Any, make_chooser: Any, make_ask: Any, data: Any) -> None:
    """Whatever is boosted, shared out, paused or excluded: right length, different arms, p above 0."""
    k = data.draw(st.integers(1, 6))
    arms = {
        f"a{n}": {
            "boost": data.draw(st.floats(0.001, 1000)),
            "share": {"min": data.draw(st.floats(0, 0.5)), "max": data.draw(st.floats(0.5, 1))},
            "paused": data.draw(st.booleans()),
        }
        for n in range(k)
    }
    stage = make_stage(
        arms=arms,
        slots=data.draw(st.integers(1, 4)),
        floor=data.draw(st.sampled_from([0.0, 0.01, 1.0])),
        holdout=data.draw(st.sampled_from([0.0, 0.5, 1.0])),
        policy={"kind": data.draw(st.sampled_from(["linucb", "thompson", "uniform", "fixed"]))},
    )
    asks = [make_ask(n, exclude=frozenset(data.draw(st.sets(st.sampled_from(list(arms)))))) for n in range(3)]
    for ask, event in zip(asks, decide(stage, make_chooser(stage), asks, NO_CAPS), strict=True):
        free = [name for name, arm in arms.items() if not arm["paused"] and name not in ask.exclude]
        assert list(event.arms) == free
        assert len(set(event.slots)) == len(event.slots) == min(stage.placement.slots, len(free))
        assert all(0 < each <= 1 for each in event.propensities)

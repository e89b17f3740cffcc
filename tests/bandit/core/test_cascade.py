# SPDX-License-Identifier: Apache-2.0
"""The cascade: what lies below the last click, and what an event about one slot means for the others."""

from __future__ import annotations

from typing import Any

import pytest

from bandit.core import join
from bandit.core.cascade import hidden
from bandit.core.catalogue import RewardRule
from bandit.core.events import Decided, Expired, Rewarded
from bandit.core.standing import Standing

AT = 1_780_000_000.0
WAITS = RewardRule(wait_s=60, clip=(-1, 1))


def decided(**fields: Any) -> Decided:
    """A decision of three slots that are looked at less and less."""
    rest: dict[str, Any] = {
        "at": AT, "decision": "d", "placement": "home", "epoch": 1, "policy": "linucb", "made_from": 0,
        "user": "", "context": {}, "arms": ("a", "b", "c"), "left_out": {}, "x": b"\0\4",
        "slots": ["a", "b", "c"], "propensities": [0.5, 0.5, 1.0], "scores": [0.0] * 3, "p": bytes(72),
        "default": 0.0, "counted": True,
        "examination": (1.0, 0.5, 0.25), "cascade": True,
    }  # fmt: skip
    return Decided(**{**rest, **fields})


def post(decision: Decided, slots: dict[int, Any], slot: int, value: float, **fields: Any) -> Rewarded:
    """A reward that comes to a slot, noted in `slots`."""
    rest: dict[str, Any] = {"name": "", "reward_id": "r", "at": AT + 1, "slots": dict(slots), **fields}
    rule = rest.pop("rule", RewardRule(clip=(-1, 1)))
    slots[slot] = join.reward(decision, slots.get(slot), rule, slot=slot, value=value, **rest)
    made: Rewarded = slots[slot]
    return made


def moves(event: Rewarded | Expired) -> list[tuple[int, float, float]]:
    """Slot, weight and change of what the cascade does."""
    return [(each.slot, each.weight, each.change) for each in event.cascade]


@pytest.mark.parametrize(
    ("rewards", "default", "expected"),
    [
        ([0, 0, 0], 0.0, [False, False, False]),
        ([1, 0, 0], 0.0, [False, True, True]),
        ([0, 1, 0], 0.0, [False, False, True]),
        ([1, 0, 1], 0.0, [False, False, False]),
        ([-1, 0, 0], 0.0, [False, False, False]),
        ([1, 1, 1], 1.0, [False, False, False]),
        ([None, 0, 0], 0.0, [False, False, False]),
        ([1, None, 0], 0.0, [False, False, True]),
    ],
)
def test_what_lies_below_the_last_click_is_hidden(
    rewards: list[float | None], default: float, expected: list[bool]
) -> None:
    """A click is a reward above the default; slots that do not count yet are neither clicked nor hidden."""
    standings = [Standing(r is not None, r or 0.0) for r in rewards]
    assert hidden(standings, default=default) == expected


def test_a_click_takes_away_what_stands_below_it() -> None:
    """Slots below the click lose their weight, and get it back when a click comes further down."""
    decision, slots = decided(), {}  # type: tuple[Decided, dict[int, Any]]
    assert moves(post(decision, slots, 0, 1.0)) == [(1, -0.5, 0.0), (2, -0.25, 0.0)]
    assert moves(post(decision, slots, 2, 1.0)) == [(1, 0.5, 0.0), (2, 0.25, 0.0)]
    assert moves(post(decision, slots, 1, 1.0)) == []


def test_a_click_that_is_taken_back_gives_back_what_it_took() -> None:
    """When the last click is corrected to nothing, the page counts as one without a click."""
    decision, slots = decided(), {}  # type: tuple[Decided, dict[int, Any]]
    rule = RewardRule(aggregate="last", clip=(-1, 1))
    post(decision, slots, 1, -0.5, rule=rule)
    assert moves(post(decision, slots, 0, 1.0, rule=rule)) == [(1, -0.5, 0.5), (2, -0.25, 0.0)]
    assert moves(post(decision, slots, 0, 0.0, rule=rule)) == [(1, 0.5, -0.5), (2, 0.25, 0.0)]


def test_a_hidden_slot_may_change_unseen() -> None:
    """What is posted for a hidden slot below the default changes tallies, not what the policy learns."""
    decision, slots = decided(), {}  # type: tuple[Decided, dict[int, Any]]
    post(decision, slots, 0, 1.0)
    event = post(decision, slots, 2, -0.5)
    assert event.contribution is not None
    learned = [(each.weight, each.change) for each in (event.contribution, *event.cascade)]
    assert [sum(column) for column in zip(*learned, strict=True)] == [0.0, 0.0]
    assert (event.contribution.weight, event.contribution.change) == (0.0, -0.5)


def test_the_end_of_the_wait_does_not_count_what_is_hidden() -> None:
    """Slots above the click count with the default when the wait is over, those below it do not."""
    decision, slots = decided(counted=False, due=AT + 60), {}  # type: tuple[Decided, dict[int, Any]]
    assert moves(post(decision, slots, 1, 1.0, rule=WAITS)) == []
    expired = join.expire(decision, slots=slots, at=AT + 61)
    assert [(each.slot, each.weight) for each in expired.contributions] == [(0, 1.0), (2, 0.25)]
    assert moves(expired) == [(2, -0.25, 0.0)]


def test_a_reward_that_comes_too_late_moves_nothing() -> None:
    """A click that is not learned hides nothing."""
    decision, slots = decided(), {}  # type: tuple[Decided, dict[int, Any]]
    event = post(decision, slots, 0, 1.0, at=AT + 1e8)
    assert (event.learned, event.cascade) == (False, ())


def test_without_a_cascade_a_click_is_about_its_slot_alone() -> None:
    """A decision that was made without a cascade has none, whatever the placement says by now."""
    slots: dict[int, Any] = {}
    event = post(decided(cascade=False), slots, 0, 1.0)
    assert event.cascade == ()

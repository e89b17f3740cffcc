# SPDX-License-Identifier: Apache-2.0
"""Pages of an export become the events that they were made of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bandit.core.events import Activated, Decided, Expired, Rewarded
from bandit.core.reward_rule import RewardRule
from bandit.errors import Invalid
from simulator.replaying.recorded import Page, PostedReward, ShownSlot
from simulator.replaying.rejoin import Rejoined, Timed, rejoin

X = (np.array([1024, 512], dtype="<i2")).tobytes()


def page(*rewards: PostedReward, learned: float | None, **fields: Any) -> Page:
    """A page of one slot, decided at second 100 and log position 10."""
    slot = ShownSlot(0, "a", 0.5, [0.5, 0.5], 0.0, learned, list(rewards))
    whole: dict[str, Any] = {
        "decision_id": "d",
        "position": 10,
        "at": 100.0,
        "placement": "hero",
        "policy": "linucb",
        "made_from": 9,
        "context": {},
        "arms": ["a", "b"],
        "left_out": {},
        "x": [[1.0, 0.5]],
        "slots": [slot],
    }
    return Page(**{**whole, **fields})


def events(of: Page, rule: RewardRule) -> list[Timed]:
    """What the page is made of."""
    return rejoin(Rejoined(of, X, False, ()), rule, epoch=1)


def click(position: int, at: float, value: float = 1.0) -> PostedReward:
    """A click."""
    return PostedReward(position, at, f"r{position}", "click", value)


def contributed(timed: list[Timed]) -> float:
    """The reward that all of it adds up to, and that the slot counts once."""
    lessons = []
    for each in timed:
        event = each.event
        if isinstance(event, Decided) and event.counted:
            lessons.append((1.0, event.default))
        elif isinstance(event, Rewarded) and event.contribution is not None:
            lessons.append((event.contribution.weight, event.contribution.change))
        elif isinstance(event, Expired | Activated):
            lessons += [(one.weight, one.change) for one in event.contributions]
    assert sum(weight for weight, _ in lessons) == 1.0
    return sum(change for _, change in lessons)


def test_rewards_correct_what_counted_at_once() -> None:
    """Without a wait the default counts first, and each reward changes it, in the order of the log."""
    rule = RewardRule(events={"click": 1.0}, clip=(0.0, 2.0))
    timed = events(page(click(30, 130.0), click(20, 120.0), learned=2.0), rule)
    assert [type(each.event) for each in timed] == [Decided, Rewarded, Rewarded]
    assert [each.position for each in timed] == [10, 20, 30]
    assert contributed(timed) == 1.0


def test_the_end_of_a_wait_comes_in_its_time() -> None:
    """A reward after the wait corrects the default that the wait ended with."""
    rule = RewardRule(events={"click": 1.0}, default=0.25, wait_s=50.0)
    timed = events(page(click(20, 200.0), learned=1.0), rule)
    assert [type(each.event) for each in timed] == [Decided, Expired, Rewarded]
    assert (timed[1].position, timed[1].at) == (None, 150.0)
    # the default and the click together
    assert contributed(timed) == 1.0


def test_a_reward_within_the_wait_is_counted_by_itself() -> None:
    """The default never counts, and the end of the wait adds nothing."""
    rule = RewardRule(events={"click": 1.0}, default=0.25, wait_s=50.0)
    timed = events(page(click(20, 120.0), learned=1.0), rule)
    assert [type(each.event) for each in timed] == [Decided, Rewarded, Expired]
    assert contributed(timed) == 1.0


def test_a_deferred_page_counts_from_its_activation() -> None:
    """It counted for nothing until somebody saw it."""
    timed = events(page(learned=0.0, deferred=True, activated_at=160.0), RewardRule())
    assert [type(each.event) for each in timed] == [Decided, Activated]
    assert timed[1].at == 160.0
    assert contributed(timed) == 0.0


def test_slots_count_as_far_as_they_are_read() -> None:
    """A slot that every second visitor looks at counts half, and says so in what it teaches."""
    rejoined = Rejoined(
        page(click(20, 120.0), learned=1.0), X, False, (), examination=(0.5, 0.25), cascade=True
    )
    first, second = (each.event for each in rejoin(rejoined, RewardRule(), epoch=1))
    assert isinstance(first, Decided)
    assert (first.examination, first.cascade) == ((0.5,), True)
    assert isinstance(second, Rewarded)
    assert second.contribution is not None
    assert (second.contribution.weight, second.contribution.change) == (0.0, 1.0)


def test_another_rule_of_rewards_is_refused() -> None:
    """What the service learned cannot be told from a log by a rule that gives something else."""
    other = RewardRule(events={"click": 1.0}, aggregate="max", clip=(0.0, 2.0))
    with pytest.raises(Invalid, match=r"reward: got a rule .* earned 1; the log learned 2"):
        events(page(click(20, 120.0), click(30, 130.0), learned=2.0), other)

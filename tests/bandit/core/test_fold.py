# SPDX-License-Identifier: Apache-2.0
"""The fold: lives of a policy, what is kept from one to the next, and what may not leak between them."""

from __future__ import annotations

from typing import Any

import pytest

from bandit.core import join
from bandit.core.catalogue import parse_arm, parse_placement
from bandit.core.decide import Chooser, Stage, decide
from bandit.core.events import (
    Activated,
    ArmDeleted,
    ArmPut,
    Decided,
    KeyCreated,
    KeyRevoked,
    PlacementDeleted,
    PlacementPut,
    day_of,
)
from bandit.core.features import Encoder
from bandit.core.fold import Fold
from bandit.core.lesson import Lesson
from bandit.core.snapshot import dump, load
from bandit.core.state import State
from bandit.errors import Damaged
from policies import build

AT = 1_780_000_000.0


class Story:
    """Events that happen one after the other to the placement "home", folded as they come."""

    def __init__(self) -> None:
        self.state = State()
        self.records: list[tuple[int, Any]] = []
        self.fold = Fold(self.state)

    def tell(self, *events: Any) -> None:
        """Let events happen."""
        for event in events:
            self.records.append((len(self.records) + 1, event))
            self.fold.apply(self.records[-1:])

    def put(self, **data: Any) -> None:
        """Create or replace the placement."""
        placement = parse_placement({"context": [], "holdout": 0, "arms": {"a": {}, "b": {}}, **data})
        self.tell(PlacementPut(at=AT, by="t", name="home", placement=placement))

    def delete(self) -> None:
        """Delete the placement."""
        self.tell(PlacementDeleted(at=AT, by="t", name="home"))

    def decide(self, make_ask: Any, n: int = 0, **ask: Any) -> Decided:
        """A decision as the service would make it now."""
        placement, learner = self.state.catalogue["home"], self.state.learners["home"]
        stage = Stage("home", placement, Encoder(placement.features, {}))
        chooser = Chooser(learner.policy, learner.epoch, self.state.position)
        [event] = decide(stage, chooser, [make_ask(n, **ask)], self.state.caps)
        self.tell(event)
        return event

    def reward(self, decided: Decided, value: float = 1.0) -> None:
        """A reward for the first slot, under the rule as it is now."""
        rule = self.state.catalogue["home"].reward
        fields: dict[str, Any] = {"name": "", "reward_id": f"r{len(self.records)}", "at": AT}
        self.tell(join.reward(decided, None, rule, slot=0, value=value, **fields))

    def learned(self) -> tuple[bytes, Any]:
        """What the policy has learned, and the tallies."""
        learner = self.state.learners["home"]
        return learner.policy.dump(), learner.life.tallies


@pytest.fixture
def story() -> Story:
    """A story that has not begun."""
    return Story()


def test_records_that_are_folded_already_are_passed_over(story: Story, make_ask: Any) -> None:
    """Invariant 4: folding the same records again changes nothing."""
    story.put()
    story.reward(story.decide(make_ask))
    before = dump(story.state)
    story.fold.apply(story.records)
    assert dump(story.state) == before


def test_a_snapshot_goes_on_where_the_state_was(story: Story, make_ask: Any) -> None:
    """A state that was saved and read equals the one that went on, then and after more events."""
    story.put(arms={"a": {"cap": {"per_user": 9}}, "b": {"payload": {"z": 1, "a": [2.5, None]}}})
    story.tell(KeyCreated(at=AT, by="t", id="k", name="n", role="server", digest=b"d"))
    first = story.decide(make_ask, user="u")
    again = load(dump(story.state))
    assert dump(again) == dump(story.state)
    story.reward(first)
    story.decide(make_ask, 1, user="u")
    Fold(again).apply(story.records)
    assert dump(again) == dump(story.state)


def test_on_a_new_day_policies_drop_what_is_too_old(story: Story, make_ask: Any) -> None:
    """Whoever is idle keeps what was learned; the next day's first event lets go of what no longer counts."""
    story.put(policy={"kind": "linucb", "window_days": 2})
    for day in range(4):
        story.decide(make_ask, day, at=AT + day * 86_400)
    kept, length = story.state.learners["home"].policy, story.state.catalogue["home"].features.length
    expected = build({"kind": "linucb", "window_days": 2}, dimension=length)
    expected.forget(today=day_of(AT) + 3)
    for _, event in story.records[-2:]:
        lesson = Lesson()
        lesson.add_counted(event)
        expected.update(lesson.contributions(dimension=length))
    assert kept.dump() == expected.dump()


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_midnight_within_a_batch_changes_nothing(story: Story, make_ask: Any, batch: int) -> None:
    """The state follows from the events, not from how many of them were folded at once."""
    story.put(policy={"kind": "linucb", "window_days": 2})
    made = [story.decide(make_ask, n, at=AT + n * 20_000) for n in range(20)]
    for each in made[::3]:
        story.reward(each)
    again = State()
    for start in range(0, len(story.records), batch):
        Fold(again).apply(story.records[start : start + batch])
    assert dump(again) == dump(story.state)


@pytest.mark.parametrize("data", [b"", b"\x91\x01", b"not a snapshot"])
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    """Bytes from elsewhere are Damaged, not a state."""
    with pytest.raises(Damaged):
        load(data)


@pytest.mark.parametrize(
    "change",
    [{"slots": 2}, {"floor": 0.2}, {"reward": {"wait_s": 60}}, {"policy": {"kind": "linucb", "alpha": 2}}],
)
def test_what_changes_no_sum_keeps_what_was_learned(
    story: Story, make_ask: Any, change: dict[str, Any]
) -> None:
    """Settings may change in mid-life: the policy keeps its sums, and old decisions still count."""
    policy = {"policy": {"kind": "linucb"}}
    story.put(**policy)
    decided = story.decide(make_ask)
    before = story.learned()[0]
    story.put(**{**policy, **change})
    assert story.learned()[0] == before
    story.reward(decided)
    assert story.learned()[0] != before
    assert story.learned()[1]["policy"][decided.slots[0]].total == 1.0


@pytest.mark.parametrize(
    "change",
    [
        {"policy": {"kind": "thompson"}},
        {"policy": {"kind": "linucb", "half_life_days": 7}},
        {"features": {"dimension": 8}},
        {"features": {"fields": {"x": {"kind": "number"}, "y": {"kind": "number"}}}},
    ],
)
def test_another_policy_begins_anew_but_reports_go_on(
    story: Story, make_ask: Any, change: dict[str, Any]
) -> None:
    """Rewards of an earlier life reach the numbers of that life, not the new policy nor its numbers."""
    story.put(features={"fields": {"y": {"kind": "number"}, "x": {"kind": "number"}}})
    decided = story.decide(make_ask)
    story.put(**change)
    fresh = story.learned()[0]
    story.reward(decided)
    assert story.learned()[0] == fresh
    learner = load(dump(story.state)).learners["home"]
    [before] = learner.past
    assert (learner.life.decisions, before.decisions) == ({}, {"policy": 1})
    assert before.tallies["policy"][decided.slots[0]].total == 1.0
    assert learner.life.tallies["policy"] == {}


def test_another_reward_scale_begins_all_anew(story: Story, make_ask: Any) -> None:
    """Tallies in other units are not mixed: a reward of before the change counts for nothing after it."""
    story.put()
    decided = story.decide(make_ask)
    story.put(reward={"clip": [0, 10]})
    fresh = story.learned()
    story.reward(decided, 5.0)
    assert story.learned() == fresh
    assert story.learned()[1] == {"policy": {}, "holdout": {}, "fallback": {}}
    assert story.state.learners["home"].life.decisions == {}


def test_a_placement_that_returns_is_a_new_one(story: Story, make_ask: Any) -> None:
    """What a deleted placement had learned is gone, and its late rewards do not teach its successor."""
    story.put()
    decided = story.decide(make_ask)
    rule = story.state.catalogue["home"].reward
    fields: dict[str, Any] = {"value": 1.0, "name": "", "reward_id": "r", "at": AT}
    late = join.reward(decided, None, rule, slot=0, **fields)
    story.delete()
    story.tell(late)
    story.put()
    fresh = story.learned()
    story.reward(decided)
    assert story.learned() == fresh


def test_a_decision_in_flight_counts_for_the_life_that_made_it(story: Story, make_ask: Any) -> None:
    """A decision that is logged after a change it did not know of counts as one of before it."""
    story.put()
    decided = story.decide(make_ask)
    story.put(policy={"kind": "thompson"}, reward={"clip": [0, 3]})
    fresh = story.learned()
    story.tell(decided)
    assert story.learned() == fresh


def test_an_arm_that_returns_is_known(story: Story, make_ask: Any) -> None:
    """What was learned about an arm survives its absence from the catalogue, and goes on."""
    story.put(arms={"a": {}})
    decided = story.decide(make_ask)
    story.tell(ArmDeleted(at=AT, by="t", placement="home", name="a"))
    story.reward(decided)
    story.tell(ArmPut(at=AT, by="t", placement="home", name="a", arm=parse_arm({"boost": 2})))
    assert story.learned()[1]["policy"]["a"].total == 1.0
    assert story.state.catalogue["home"].arms["a"].boost == 2


def test_an_arm_keeps_its_place_when_replaced(story: Story) -> None:
    """The marketer's order changes only where arms come and go."""
    story.put(arms={"a": {}, "b": {}, "c": {}})
    story.tell(ArmPut(at=AT, by="t", placement="home", name="b", arm=parse_arm({"paused": True})))
    story.tell(ArmPut(at=AT, by="t", placement="home", name="d", arm=parse_arm({})))
    assert list(load(dump(story.state)).catalogue["home"].arms) == ["a", "b", "c", "d"]


def test_a_fallback_teaches_nothing(story: Story, make_ask: Any) -> None:
    """Invariant 7: decisions of the fallback are reported in a column of their own and not learned."""
    story.put()
    placement, learner = story.state.catalogue["home"], story.state.learners["home"]
    stage = Stage("home", placement, Encoder(placement.features, {}))
    chooser = Chooser(learner.policy, learner.epoch, 1).replaced(dimension=32)
    before = story.learned()[0]
    [decided] = decide(stage, chooser, [make_ask()], story.state.caps)
    story.tell(decided)
    story.reward(decided)
    assert story.learned()[0] == before
    assert story.learned()[1]["fallback"]["a"].rewarded == 1
    assert story.learned()[1]["policy"] == {}


def test_showings_are_counted_when_shown(story: Story, make_ask: Any) -> None:
    """A deferred decision counts towards caps and reports with its activation, not before."""
    story.put(arms={"a": {"cap": {"per_user": 9}}})
    decided = story.decide(make_ask, user="u", deferred=True)
    assert story.state.caps.counts("home", "u", at=AT) == {"a": 0}
    activated = join.activate(decided, slots={}, wait_s=0, at=AT + 1)
    assert isinstance(activated, Activated)
    story.tell(activated)
    assert story.state.caps.counts("home", "u", at=AT + 1) == {"a": 1}
    assert story.learned()[1]["policy"]["a"].shown == 1


def test_events_about_what_is_gone_change_nothing(story: Story, make_ask: Any) -> None:
    """Arms, rewards and decisions of a placement that does not exist any more are passed over."""
    story.put()
    decided = story.decide(make_ask)
    story.delete()
    empty = dump(story.state)
    story.tell(ArmPut(at=AT, by="t", placement="home", name="a", arm=parse_arm({})))
    story.tell(ArmDeleted(at=AT, by="t", placement="home", name="a"))
    story.tell(decided, join.expire(decided, slots={}, at=AT))
    assert (story.state.catalogue, story.state.learners, story.state.keys) == ({}, {}, {})
    assert dump(story.state) != empty  # the position has moved on


def test_revoked_keys_are_gone(story: Story) -> None:
    """A key lives from its creation to its revocation."""
    story.tell(KeyCreated(at=AT, by="t", id="k", name="n", role="server", digest=b"d", placements=("home",)))
    assert story.state.keys["k"].placements == ("home",)
    story.tell(KeyRevoked(at=AT, by="t", id="k"))
    assert story.state.keys == {}

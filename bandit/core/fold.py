# SPDX-License-Identifier: Apache-2.0
"""How events become state: one small function a kind, and nothing but the events.

Contributions of a batch are gathered by placement and given to its policy at once: sums do not mind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from msgspec.structs import replace

from bandit.core.catalogue import Placement
from bandit.core.events import (
    Activated,
    AnyEvent,
    ArmDeleted,
    ArmPut,
    Contribution,
    Decided,
    Erasure,
    Expired,
    Joined,
    KeyCreated,
    KeyRevoked,
    PlacementDeleted,
    PlacementPut,
    Rewarded,
    SecretAdopted,
    SignalDropped,
    SignalPut,
    UserErased,
    UserForgotten,
    day_of,
)
from bandit.core.lesson import Lesson
from bandit.core.life import Life
from bandit.core.state import Forgetting, Key, Learner, Signal, State
from bandit.core.succession import succeed
from bandit.core.tally import Group, Tally
from policies import NEWCOMER


class Fold:
    """Folds records into a state. A batch is folded in one call; between calls the state is complete."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._lessons: dict[str, Lesson] = {}

    def apply(self, records: Iterable[tuple[int, AnyEvent]]) -> None:
        """Fold records in order; those that the state holds already are passed over."""
        state = self.state
        for position, event in records:
            if position <= state.position:
                continue
            state.position = position
            if event.at > state.at:
                self._pass_time(event.at)
            _APPLY[type(event)](self, event)
        self._teach_all()

    def _pass_time(self, at: float) -> None:
        """Move the clock to `at`; on a new day policies drop what is too old to count."""
        today = day_of(at)
        if today > day_of(self.state.at):
            # What came before midnight must be learned before it, in whatever batches events are folded.
            self._teach_all()
            for learner in self.state.learners.values():
                learner.policy.forget(today=today)
        self.state.at = at

    def _teach_all(self) -> None:
        for placement in list(self._lessons):
            self._teach(placement)

    def _teach(self, placement: str) -> None:
        """Give a learner what was gathered for it."""
        if lesson := self._lessons.pop(placement, None):
            length = self.state.catalogue[placement].features.length
            self.state.learners[placement].policy.update(lesson.contributions(dimension=length))

    def _lesson(self, event: Decided | Joined | Erasure, learner: Learner) -> Lesson | None:
        """Where contributions of an event go; None when the policy must not learn from them."""
        if not event.learns or event.epoch != learner.epoch:
            return None
        # A policy whose state is no sum cannot take anything back: it keeps all of it until it begins anew.
        if isinstance(event, Erasure) and not learner.policy.additive:
            return None
        lesson = self._lessons.get(event.placement)
        if lesson is None:
            lesson = self._lessons[event.placement] = Lesson()
        return lesson

    def decided(self, event: Decided) -> None:
        learner = self.state.learners.get(event.placement)
        if learner is None:
            return
        if (life := learner.life_of(event.epoch)) is not None:
            group, name = group_of(event), _naming(event, learner)
            life.decisions[group] = life.decisions.get(group, 0) + 1
            if event.counted:
                for slot, arm in enumerate(event.slots):
                    _count(learner, life, group, name(arm), slot, 1.0, event.default, event.default)
        if not event.deferred:
            self._shown(event, event.slots, learner)
        if event.counted and event.slots and (lesson := self._lesson(event, learner)) is not None:
            lesson.add_counted(event, name=_naming(event, learner))

    def activated(self, event: Activated) -> None:
        if learner := self.state.learners.get(event.placement):
            self._shown(event, event.slots, learner)
            self._contribute(event, event.contributions, learner)

    def expired(self, event: Expired) -> None:
        if learner := self.state.learners.get(event.placement):
            self._contribute(event, event.contributions, learner)

    def rewarded(self, event: Rewarded) -> None:
        if learner := self.state.learners.get(event.placement):
            if (life := learner.life_of(event.epoch)) is not None:
                arm = _naming(event, learner)(event.arm)
                _tally(life, group_of(event), arm).rewarded += 1
            self._contribute(event, [event.contribution] if event.contribution else [], learner)

    def _contribute(
        self, event: Joined | Erasure, contributions: list[Contribution], learner: Learner
    ) -> None:
        name = _naming(event, learner)
        if (life := learner.life_of(event.epoch)) is not None:
            group = group_of(event)
            for each in contributions:
                arm = name(each.arm)
                _count(learner, life, group, arm, each.slot, each.weight, each.change, each.reward)
        if contributions and (lesson := self._lesson(event, learner)) is not None:
            lesson.add(event.cascade, day=event.day, name=name)
            lesson.add(contributions, day=event.day, name=name)

    def _shown(self, event: Decided | Activated, arms: list[str], learner: Learner) -> None:
        group, caps, name = group_of(event), self.state.caps, _naming(event, learner)
        if (life := learner.life_of(event.epoch)) is not None:
            for arm in arms:
                _tally(life, group, name(arm)).shown += 1
        rule = self.state.catalogue[event.placement].newcomers
        leaving = learner.established.show(arms, rule, position=self.state.position)
        self._leave(event.placement, leaving)
        if event.user and caps.any(event.placement):
            now = max(self.state.at, event.at)
            for arm in arms:
                caps.add(event.placement, arm, event.user, at=event.at, now=now)

    def _leave(self, placement: str, arms: list[str]) -> None:
        """Add what was learned of arms, and their tallies, to those of newcomers."""
        if not arms:
            return
        # What was gathered for them has their names still.
        self._teach(placement)
        learner = self.state.learners[placement]
        for arm in arms:
            learner.policy.move(arm, to=NEWCOMER)
            for tallies in [each for life in learner.lives for each in life.tallies.values()]:
                if (tally := tallies.pop(arm, None)) is not None:
                    tallies.setdefault(NEWCOMER, Tally()).merge(tally)

    def placement_put(self, event: PlacementPut) -> None:
        self._teach(event.name)
        state = self.state
        before = state.catalogue.get(event.name)
        learner = state.learners.get(event.name)
        state.learners[event.name] = succeed(
            learner, before, event.placement, position=state.position, at=event.at
        )
        self._set_placement(event.name, event.placement)

    def placement_deleted(self, event: PlacementDeleted) -> None:
        self._lessons.pop(event.name, None)
        self.state.catalogue.pop(event.name, None)
        self.state.learners.pop(event.name, None)
        self.state.caps.configure(event.name, {}, now=self.state.at)

    def arm_put(self, event: ArmPut) -> None:
        if present := self.state.catalogue.get(event.placement):
            self._set_placement(
                event.placement, replace(present, arms={**present.arms, event.name: event.arm})
            )

    def arm_deleted(self, event: ArmDeleted) -> None:
        if present := self.state.catalogue.get(event.placement):
            arms = {name: arm for name, arm in present.arms.items() if name != event.name}
            self._set_placement(event.placement, replace(present, arms=arms))

    def _set_placement(self, name: str, placement: Placement) -> None:
        self.state.catalogue[name] = placement
        caps = {arm: each.cap for arm, each in placement.arms.items() if each.cap}
        self.state.caps.configure(name, caps, now=self.state.at)
        established = self.state.learners[name].established
        leaving = established.settle(placement.arms, placement.newcomers, position=self.state.position)
        self._leave(name, leaving)

    def key_created(self, event: KeyCreated) -> None:
        self.state.keys[event.id] = Key(
            id=event.id,
            name=event.name,
            role=event.role,
            digest=event.digest,
            created_at=event.at,
            placements=event.placements,
        )

    def key_revoked(self, event: KeyRevoked) -> None:
        self.state.keys.pop(event.id, None)

    def signal_put(self, event: SignalPut) -> None:
        live = {name: each for name, each in self.state.signals.items() if each.until > event.at}
        signal = Signal(topics=event.topics, until=event.until, by=event.by, at=event.at)
        self.state.signals = {**live, event.name: signal}

    def secret_adopted(self, event: SecretAdopted) -> None:
        self.state.secret = event.fingerprint

    def signal_dropped(self, event: SignalDropped) -> None:
        signals = self.state.signals
        self.state.signals = {name: each for name, each in signals.items() if name != event.name}

    def user_forgotten(self, event: UserForgotten) -> None:
        self.state.caps.drop(event.user)
        erased = self.state.forgotten.get(event.user, Forgetting(0)).erased
        self.state.forgotten[event.user] = Forgetting(self.state.position, erased)

    def user_erased(self, event: UserErased) -> None:
        for each in event.erasures:
            if learner := self.state.learners.get(each.placement):
                self._erase(each, learner)
        if event.last:
            # Whatever was under way when the user was forgotten may have counted since.
            self.state.caps.drop(event.user)
            barrier = self.state.forgotten[event.user].barrier
            self.state.forgotten[event.user] = Forgetting(barrier, event.barrier)

    def _erase(self, event: Erasure, learner: Learner) -> None:
        group, name = group_of(event), _naming(event, learner)
        life = learner.life_of(event.epoch)
        if life is not None:
            life.decisions[group] -= 1
            for arm in event.shown:
                _tally(life, group, name(arm)).shown -= 1
            for arm in event.rewarded:
                _tally(life, group, name(arm)).rewarded -= 1
        self._contribute(event, event.contributions, learner)
        if life is not None:
            _drop_empty(life, group)


def group_of(event: Decided | Joined | Erasure) -> Group:
    """In which column of a report a decision and its rewards belong."""
    if not event.learns:
        return "fallback"
    return "holdout" if event.holdout else "policy"


def _naming(event: Decided | Joined | Erasure, learner: Learner) -> Callable[[str], str]:
    """Under which names arms of a decision are learned and counted."""
    return partial(learner.established.name, made_from=event.made_from)


def _tally(life: Life, group: Group, arm: str) -> Tally:
    tallies = life.tallies[group]
    found = tallies.get(arm)
    if found is None:
        found = tallies[arm] = Tally()
    return found


def _count(
    learner: Learner,
    life: Life,
    group: Group,
    arm: str,
    slot: int,
    weight: float,
    change: float,
    reward: float,
) -> None:
    _tally(life, group, arm).count(weight=weight, change=change, reward=reward)
    if group == "holdout" and life.epoch >= learner.since:
        learner.positions.count(slot, weight=weight, change=change, reward=reward)


def _drop_empty(life: Life, group: Group) -> None:
    """Leave no trace of what nothing is left of."""
    if not life.decisions.get(group, 1):
        del life.decisions[group]
    nothing = Tally()
    for arm in [arm for arm, tally in life.tallies[group].items() if tally == nothing]:
        del life.tallies[group][arm]


_APPLY: dict[type, Callable[[Fold, Any], None]] = {
    Decided: Fold.decided,
    Rewarded: Fold.rewarded,
    Activated: Fold.activated,
    Expired: Fold.expired,
    PlacementPut: Fold.placement_put,
    PlacementDeleted: Fold.placement_deleted,
    ArmPut: Fold.arm_put,
    ArmDeleted: Fold.arm_deleted,
    KeyCreated: Fold.key_created,
    KeyRevoked: Fold.key_revoked,
    SignalPut: Fold.signal_put,
    SignalDropped: Fold.signal_dropped,
    SecretAdopted: Fold.secret_adopted,
    UserForgotten: Fold.user_forgotten,
    UserErased: Fold.user_erased,
}

# SPDX-License-Identifier: Apache-2.0
"""How events become state: one small function a kind, and nothing but the events.

Contributions of a batch are gathered by placement and given to its policy at once; sums do not mind the order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from msgspec.structs import replace
from policies import Contributions

from bandit.core.events import (
    Activated,
    AnyEvent,
    ArmDeleted,
    ArmPut,
    Contribution,
    Decided,
    Expired,
    Joined,
    KeyCreated,
    KeyRevoked,
    PlacementDeleted,
    PlacementPut,
    Rewarded,
    day_of,
)
from bandit.core.features import vector
from bandit.core.join import vector_of
from bandit.core.state import Key, Learner, State, succeed
from bandit.core.tally import Group, Tally


class _Lesson:
    """Contributions gathered for one learner, as columns."""

    def __init__(self) -> None:
        self.arms: list[str] = []
        self.x: list[bytes] = []
        self.numbers: list[tuple[float, float, float, float]] = []
        self.days: list[int] = []

    def add(self, each: Contribution, *, day: int) -> None:
        self.arms.append(each.arm)
        self.x.append(each.x)
        self.numbers.append((each.weight, each.change, each.reward, each.propensity))
        self.days.append(day)

    def contributions(self, dimension: int) -> Contributions:
        numbers = np.array(self.numbers)
        return Contributions(
            arms=self.arms,
            x=vector(b"".join(self.x), dimension=dimension),
            weight=numbers[:, 0],
            change=numbers[:, 1],
            reward=numbers[:, 2],
            propensity=numbers[:, 3],
            day=np.array(self.days, dtype=np.int64),
        )


class Fold:
    """Folds records into a state. A batch is folded in one call; between calls the state is complete."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._lessons: dict[str, _Lesson] = {}

    def apply(self, records: Iterable[tuple[int, AnyEvent]]) -> None:
        """Fold records that follow the state's position, in order."""
        for position, event in records:
            _APPLY[type(event)](self, event, position)
            self.state.position = position
            self.state.at = max(self.state.at, event.at)
        for placement in list(self._lessons):
            self._teach(placement)

    def _teach(self, placement: str) -> None:
        """Give a learner what was gathered for it."""
        lesson = self._lessons.pop(placement, None)
        if lesson:
            length = self.state.catalogue[placement].features.length
            self.state.learners[placement].policy.update(lesson.contributions(length))

    def _contribute(self, placement: str, each: Contribution, *, epoch: int, learns: bool, day: int) -> None:
        learner = self.state.learners.get(placement)
        if learner and learns and epoch == learner.epoch:
            self._lessons.setdefault(placement, _Lesson()).add(each, day=day)

    def decided(self, event: Decided, position: int) -> None:
        learner = self.state.learners.get(event.placement)
        if learner is None:
            return
        group = group_of(event)
        learner.decisions[group] = learner.decisions.get(group, 0) + 1
        if not event.deferred:
            self._shown(learner, group, event.placement, event.slots, user=event.user, at=event.at)
        if event.counted:
            r = event.default
            for slot, arm in enumerate(event.slots):
                _tally(learner, group, arm).count(weight=1, change=r, reward=r)
                each = Contribution(slot, arm, vector_of(event, slot), 1.0, r, r, event.propensities[slot])
                self._contribute(
                    event.placement, each, epoch=event.epoch, learns=event.learns, day=day_of(event.at)
                )

    def activated(self, event: Activated, position: int) -> None:
        learner = self.state.learners.get(event.placement)
        if learner:
            self._shown(learner, group_of(event), event.placement, event.slots, user=event.user, at=event.at)
            self._joined(event, event.contributions)

    def expired(self, event: Expired, position: int) -> None:
        self._joined(event, event.contributions)

    def rewarded(self, event: Rewarded, position: int) -> None:
        learner = self.state.learners.get(event.placement)
        if learner:
            _tally(learner, group_of(event), event.arm).rewarded += 1
            self._joined(event, [event.contribution] if event.contribution else [])

    def _joined(self, event: Joined, contributions: list[Contribution]) -> None:
        learner = self.state.learners.get(event.placement)
        for each in contributions if learner else ():
            _tally(learner, group_of(event), each.arm).count(
                weight=each.weight, change=each.change, reward=each.reward
            )
            self._contribute(event.placement, each, epoch=event.epoch, learns=event.learns, day=event.day)

    def _shown(
        self, learner: Learner, group: Group, placement: str, arms: list[str], *, user: str, at: float
    ) -> None:
        for arm in arms:
            _tally(learner, group, arm).shown += 1
            if user:
                self.state.caps.add(placement, arm, user, at=at, now=max(self.state.at, at))

    def placement_put(self, event: PlacementPut, position: int) -> None:
        self._teach(event.name)
        state = self.state
        state.learners[event.name] = succeed(
            state.learners.get(event.name),
            state.catalogue.get(event.name),
            event.placement,
            position=position,
        )
        state.catalogue[event.name] = event.placement
        self._configure_caps(event.name)

    def placement_deleted(self, event: PlacementDeleted, position: int) -> None:
        self._lessons.pop(event.name, None)
        self.state.catalogue.pop(event.name, None)
        self.state.learners.pop(event.name, None)
        self.state.caps.configure(event.name, {}, now=self.state.at)

    def arm_put(self, event: ArmPut, position: int) -> None:
        self._replace_arms(event.placement, lambda arms: {**arms, event.name: event.arm})

    def arm_deleted(self, event: ArmDeleted, position: int) -> None:
        self._replace_arms(
            event.placement, lambda arms: {name: arm for name, arm in arms.items() if name != event.name}
        )

    def _replace_arms(self, placement: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        if present := self.state.catalogue.get(placement):
            self.state.catalogue[placement] = replace(present, arms=change(present.arms))
            self._configure_caps(placement)

    def _configure_caps(self, placement: str) -> None:
        arms = self.state.catalogue[placement].arms
        caps = {name: arm.cap for name, arm in arms.items() if arm.cap}
        self.state.caps.configure(placement, caps, now=self.state.at)

    def key_created(self, event: KeyCreated, position: int) -> None:
        self.state.keys[event.id] = Key(
            id=event.id,
            name=event.name,
            role=event.role,
            digest=event.digest,
            created_at=event.at,
            placements=event.placements,
        )

    def key_revoked(self, event: KeyRevoked, position: int) -> None:
        self.state.keys.pop(event.id, None)


def group_of(event: Decided | Joined) -> Group:
    """In which column of a report a decision and its rewards belong."""
    if not event.learns:
        return "fallback"
    return "holdout" if event.holdout else "policy"


def _tally(learner: Learner, group: Group, arm: str) -> Tally:
    return learner.tallies[group].setdefault(arm, Tally())


_APPLY: dict[type, Callable[[Fold, Any, int], None]] = {
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
}

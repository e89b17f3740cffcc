# SPDX-License-Identifier: Apache-2.0
"""What people ask: how a placement does, why a decision was made, who changed what."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from bandit.core.catalogue import Placement
from bandit.core.confidence import Interval, anytime_difference, anytime_mean
from bandit.core.events import Activated, Decided, Expired, Rewarded, model_version
from bandit.core.features import vector
from bandit.core.life import Life
from bandit.core.standing import weight_of
from bandit.core.state import Learner, State
from bandit.core.tally import GROUPS, Tally
from bandit.log.base import Record
from bandit.service.live import Live
from bandit.service.rewarding import Scope, decision_not_found
from bandit.service.stages import placement_not_found
from policies import NEWCOMER

NEWCOMERS = "(newcomers)"
"""The line of a report for all arms that have no sums of their own."""


class Bounded(msgspec.Struct, frozen=True):
    """A mean in the placement's units with an interval that holds at all times at once, or nulls."""

    mean: float | None
    low: float | None
    high: float | None


class ArmReport(msgspec.Struct, frozen=True):
    """How an arm does; `arm` is "(newcomers)" for all those together that have no sums of their own.

    `shown`, `rewards` and `share` count all decisions; `reward` is the mean per shown slot over decisions of
    the policy; `lift` is that mean minus the mean of all slots of the holdout.
    """

    arm: str
    in_catalogue: bool
    paused: bool
    shown: int
    rewards: int
    share: float
    reward: Bounded
    lift: Bounded


class SlotReport(msgspec.Struct, frozen=True):
    """How a slot does in the holdout, where arms are spread evenly, and with which weight it counts now."""

    slot: int
    reward: Bounded
    examination: float


class LifeReport(msgspec.Struct, frozen=True):
    """How a placement did in one life of its policy, from its beginning until another took its place.

    `since` is the log position at which it began from nothing, `began_at` that time in Unix seconds.
    """

    policy: str
    since: int
    began_at: float
    decisions: dict[str, int]
    reward: dict[str, Bounded]
    lift: Bounded
    arms: list[ArmReport]


class PlacementReport(msgspec.Struct, frozen=True):
    """How a placement does: by group of decisions, by arm, and by slot.

    All numbers are those of the present life of its policy, but for `slots`, which count the holdout since
    the reward scale is what it is; `past` has the lives before, the newest first.

    `settings` is the policy as it was configured, its default where nothing was said; `findings` is what it
    has to say for itself, in the placement's units: an apprentice's agreement, a challenger's comparison.
    """

    placement: str
    policy: str
    settings: dict[str, Any]
    model: str
    findings: dict[str, float | bool | None]
    decisions: dict[str, int]
    reward: dict[str, Bounded]
    lift: Bounded
    arms: list[ArmReport]
    slots: list[SlotReport]
    since: int
    began_at: float
    past: list[LifeReport]


class Reporting:
    """Reads state and log; changes nothing."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def report(self, name: str) -> PlacementReport:
        """The report of a placement."""
        self._live.catch_up()
        state = self._live.state
        if name not in state.catalogue:
            raise placement_not_found(name)
        return placement_report(name, state.catalogue[name], state.learners[name], position=state.position)

    def trace(self, decision: str, *, scope: Scope) -> dict[str, Any]:
        """Everything about a decision: what was known, what was eligible, the draw, and what came of it."""
        records = self._live.log.history(decision)
        if not records or not isinstance(records[0].event, Decided):
            raise decision_not_found(decision)
        decided = records[0].event
        if (scope and decided.placement not in scope) or self._live.state.has_forgotten(decided):
            raise decision_not_found(decision)
        return {
            **_decision(records[0].position, decided),
            "events": [_event(record, self._live.state) for record in records[1:]],
        }

    def audit(self, *, after: int, limit: int) -> list[dict[str, Any]]:
        """Changes made by people, oldest first; digests of keys are left out."""
        return [_change(record) for record in self._live.log.changes(after, limit=limit)]


def placement_report(name: str, placement: Placement, learner: Learner, *, position: int) -> PlacementReport:
    """The report of a placement from its tallies."""
    present = _life_report(learner.life, placement, every_arm=True)
    return PlacementReport(
        placement=name,
        policy=learner.policy.kind,
        settings=placement.policy,
        findings=learner.policy.report(scale=placement.reward.scale),
        model=model_version(learner.policy.kind, position),
        decisions=present.decisions,
        reward=present.reward,
        lift=present.lift,
        arms=present.arms,
        slots=_slot_reports(placement, learner),
        since=present.since,
        began_at=present.began_at,
        past=[_life_report(life, placement, every_arm=False) for life in learner.past],
    )


def _life_report(life: Life, placement: Placement, *, every_arm: bool) -> LifeReport:
    """The numbers of a life; `every_arm` names those of the catalogue that were never shown, too."""
    sums = {group: _sum(life.tallies[group].values()) for group in GROUPS}
    # Each side of a difference may miss with half of alpha.
    held = _interval(sums["holdout"], life, alpha=0.025)
    shown = sum(tally.shown for tally in sums.values())
    counted = {arm for group in GROUPS for arm in life.tallies[group]}
    known = [arm for arm in placement.arms if every_arm or arm in counted]
    return LifeReport(
        policy=life.policy,
        since=life.epoch,
        began_at=life.began_at,
        decisions={group: life.decisions.get(group, 0) for group in GROUPS},
        reward={group: _bounded(_interval(tally, life)) for group, tally in sums.items()},
        lift=_bounded(anytime_difference(_interval(sums["policy"], life, alpha=0.025), held)),
        arms=[
            _arm_report(arm, placement, life, held=held, shown=shown)
            for arm in [*known, *sorted(counted - placement.arms.keys())]
        ],
    )


def _slot_reports(placement: Placement, learner: Learner) -> list[SlotReport]:
    examination = learner.examination(placement)
    return [
        SlotReport(
            slot,
            _bounded(_interval(learner.positions.of(slot), learner.life)),
            examination[slot] if examination else 1.0,
        )
        for slot in range(placement.slots)
    ]


def _arm_report(
    name: str, placement: Placement, life: Life, *, held: Interval | None, shown: int
) -> ArmReport:
    everywhere = _sum(life.tallies[group][name] for group in GROUPS if name in life.tallies[group])
    chosen = life.tallies["policy"].get(name, Tally())
    return ArmReport(
        arm=NEWCOMERS if name == NEWCOMER else name,
        in_catalogue=name in placement.arms,
        paused=name in placement.arms and placement.arms[name].paused,
        shown=everywhere.shown,
        rewards=everywhere.rewarded,
        share=everywhere.shown / shown if shown else 0.0,
        reward=_bounded(_interval(chosen, life)),
        lift=_bounded(anytime_difference(_interval(chosen, life, alpha=0.025), held)),
    )


def _sum(tallies: Any) -> Tally:
    out = Tally()
    for each in tallies:
        out.merge(each)
    return out


def _interval(tally: Tally, life: Life, *, alpha: float = 0.05) -> Interval | None:
    """The mean reward of a slot in the placement's units, with bounds within what a reward can be."""
    interval = anytime_mean(tally.counted, tally.total, tally.squares, alpha=alpha)
    if interval is None:
        return None
    mean, low, high = (edge * life.scale for edge in interval)
    least, most = life.reward_range
    # Rewards of before a change of the rule may lie outside.
    return Interval(mean, max(low, min(least, mean)), min(high, max(most, mean)))


def _bounded(interval: Interval | None) -> Bounded:
    return Bounded(*interval) if interval else Bounded(None, None, None)


def _decision(position: int, decided: Decided) -> dict[str, Any]:
    count = len(decided.slots)
    p = np.frombuffer(decided.p, dtype="<f8").reshape(count, -1) if count else np.zeros((0, 0))
    rows = count if decided.per_arm else 1
    x = [vector(decided.x, dimension=len(decided.x) // 2 // rows).tolist()] if rows else [[]]
    return {
        "decision_id": decided.decision,
        "position": position,
        **{name: getattr(decided, name) for name in _TRACED},
        "vector": x[0],
        "slots": [
            {
                "slot": slot,
                "arm": arm,
                "propensity": decided.propensities[slot],
                "score": decided.scores[slot],
                "examination": weight_of(decided, slot),
                "probabilities": dict(zip(decided.arms, p[slot].tolist(), strict=True)),
            }
            for slot, arm in enumerate(decided.slots)
        ],
    }


_TRACED = (
    "at",
    "placement",
    "policy",
    "model",
    "made_from",
    "user",
    "context",
    "sources",
    "left_out",
    "holdout",
    "fallback",
    "deferred",
    "learns",
)


def _event(record: Record, state: State) -> dict[str, Any]:
    """What happened to a decision afterwards, without the vectors that the fold needs.

    `learned` says whether the policy that serves now has learned it.
    """
    event = record.event
    out: dict[str, Any] = {"position": record.position, "kind": type(event).__name__.lower(), "at": event.at}
    if isinstance(event, Rewarded):
        out |= {
            name: getattr(event, name)
            for name in ("slot", "arm", "reward_id", "name", "value", "total", "late")
        }
        out["learned"] = event.learned and state.learns_from(event)
    elif isinstance(event, (Activated, Expired)):
        out["counted_slots"] = [each.slot for each in event.contributions]
    return out


def _change(record: Record) -> dict[str, Any]:
    event = record.event
    # Field by field, for the event as a whole leaves its defaults out.
    plain: dict[str, Any] = msgspec.to_builtins(msgspec.structs.asdict(event))
    plain.pop("digest", None)
    if (erasures := plain.pop("erasures", None)) is not None:
        plain["decisions"] = len(erasures)
    return {"position": record.position, "kind": event.__struct_config__.tag, **plain}

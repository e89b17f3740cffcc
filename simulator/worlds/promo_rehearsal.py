# SPDX-License-Identifier: Apache-2.0
"""The demo's world in one process, without a server: visitors through the service's `decide` and `fold`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from bandit.core import join
from bandit.core.decide import Ask, Chooser, Stage, decide
from bandit.core.events import AnyEvent, Decided, PlacementPut
from bandit.core.features import Encoder, resolve
from bandit.core.fold import Fold
from bandit.core.state import State
from bandit.core.tally import Group
from simulator.worlds.earnings import Earnings
from simulator.worlds.promo_tastes import Tastes
from simulator.worlds.promos import DECLARED, PLACEMENT, Visitor, Visitors, sample_catalogue

NOON = 1_780_315_200.0  # the first of June 2026, 12:00 UTC
GAP_S = 0.05  # between two visitors


@dataclass(slots=True)
class Rehearsal:
    """A store whose placement is decided by `policy`; the same seed plays the same season."""

    policy: Mapping[str, object]
    seed: int
    state: State = field(default_factory=State)
    earned: dict[Group, Earnings] = field(
        default_factory=lambda: {"policy": Earnings(), "holdout": Earnings()}
    )

    def play(self, visits: int, *, together: int = 8) -> None:
        """Receive visitors; up to `together` of them are decided from the same state, as under load."""
        visitors, tastes = Visitors(seed=self.seed), Tastes()
        fold, stage = Fold(self.state), self._stage()
        self._append(fold, [PlacementPut(at=NOON, by="rehearsal", name=PLACEMENT, placement=stage.placement)])
        learner = self.state.learners[PLACEMENT]
        for asks in self._groups(visitors, visits, together):
            chooser = Chooser(learner.policy, learner.epoch, self.state.position)
            events: list[AnyEvent] = []
            for ask, decided in zip(asks, decide(stage, chooser, asks, self.state.caps), strict=True):
                events.append(decided)
                self._count(decided, ask, tastes)
                for slot, arm in enumerate(decided.slots):
                    if visitors.chance.random() < tastes.rate(arm, ask.known):
                        events.append(_click(decided, stage, slot=slot))
            self._append(fold, events)

    def _stage(self) -> Stage:
        sample = sample_catalogue()[PLACEMENT]
        features = resolve(sample.features, DECLARED)
        placement = replace(sample, policy=dict(self.policy), features=features)
        return Stage(PLACEMENT, placement, Encoder(features, DECLARED))

    def _groups(self, visitors: Visitors, visits: int, together: int) -> Iterator[list[Ask]]:
        """Visits in groups in which nobody comes twice: each is decided knowing the user's last one."""
        group: dict[str, Ask] = {}
        for number in range(visits):
            ask = self._ask(visitors.next(), number)
            if len(group) == together or ask.user in group:
                yield list(group.values())
                group = {}
            group[ask.user] = ask
        yield list(group.values())

    def _ask(self, visitor: Visitor, number: int) -> Ask:
        at = NOON + number * GAP_S
        known = visitor.known(at=at)
        return Ask(decision=f"{self.seed}-{number}", at=at, known=known, user=visitor.user, slots=3)

    def _append(self, fold: Fold, events: Iterable[AnyEvent]) -> None:
        fold.apply(enumerate(events, self.state.position + 1))

    def _count(self, decided: Decided, ask: Ask, tastes: Tastes) -> None:
        page = decided.slots
        best = tastes.best(decided.arms, ask.known, slots=len(page))
        self.earned["holdout" if decided.holdout else "policy"].add(
            len(page), shown=tastes.expected(page, ask.known), best=tastes.expected(best, ask.known)
        )


def _click(decided: Decided, stage: Stage, *, slot: int) -> AnyEvent:
    rule = stage.placement.reward
    value = rule.events["click"]
    at = decided.at + 1.0
    return join.reward(decided, None, rule, slot=slot, value=value, name="click", reward_id=f"{slot}", at=at)

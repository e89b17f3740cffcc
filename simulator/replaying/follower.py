# SPDX-License-Identifier: Apache-2.0
"""A policy that learned from every logged decision, as the service did, and only decides otherwise.

Before each page the state is folded, by the service's own `join` and `fold`, up to the log position that the
page was decided from; then the policy says what it would have done. It never learns from its own choices: the
answer is about these choices one at a time, by a model that the logger's choices have taught.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, groupby
from typing import NamedTuple

import numpy as np

from bandit.core.events import AnyEvent, PlacementPut
from bandit.core.fold import Fold
from bandit.core.stage import Stage
from bandit.core.state import State
from bandit.errors import Invalid
from policies import Policy
from simulator.logs.partition import Floats
from simulator.replaying.batch import Batch, Pages
from simulator.replaying.matches import Matches
from simulator.replaying.rejoin import Rejoined, Timed, rejoin
from simulator.replaying.results import Course
from simulator.replaying.spread import spread, vectors_for
from simulator.replaying.walker import Played

# a probability that differs by less differs by rounding, or by how finely a policy integrates
_SAME = 1e-6


class _Turn(NamedTuple):
    """An event that waits for its position, or for its time where it has none."""

    position: float
    at: float
    order: int
    event: AnyEvent


@dataclass
class Follower:
    """See above.

    Args:
        label: how it is called in results.
        stage: the placement with the changed catalogue and this policy's settings.
        columns: arms of the log, of which the placement's are the first.
    """

    label: str
    stage: Stage
    columns: int
    changed: int = 0
    closed: int = 0
    rows: int = 0
    _state: State = field(default_factory=State, init=False)
    _waiting: list[_Turn] = field(default_factory=list, init=False)
    _later: list[_Turn] = field(default_factory=list, init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1), init=False)
    _fold: Fold = field(init=False)

    def __post_init__(self) -> None:
        self._fold = Fold(self._state)
        self._apply([PlacementPut(at=0.0, by="replay", name=self.stage.name, placement=self.stage.placement)])

    @property
    def policy(self) -> Policy:
        """The policy with what it has learned so far."""
        return self._state.learners[self.stage.name].policy

    def play(self, batch: Batch) -> Played:
        """Decide the next pages, each from the state that the service had."""
        pages, page = batch.pages, batch.page
        if pages is None or page is None or batch.rows.position is None:
            raise Invalid("log: got no pages; allowed logs of slotwise", field="log")
        most = int(batch.rows.position.max()) + 1 if len(page) else 0
        whole = np.zeros((len(pages.pages), most, self.columns))
        numbers = range(len(pages.pages))
        for made_from, group in groupby(numbers, key=lambda i: pages.pages[i].made_from):
            together = list(group)
            self._catch_up(made_from, at=pages.pages[together[0]].at)
            self._decide(pages, together, whole)
        p = whole[page, batch.rows.position]
        for i in np.flatnonzero([one.fallback for one in pages.pages]):
            # without the policy the page would have been the same
            rows = np.flatnonzero(page == i)
            p[rows] = _logged(batch)[rows]
        self._compare(batch, p)
        return Played(p, None)

    def course(self, matches: Matches) -> Course:
        """How it went."""
        del matches  # it has none
        changed = self.changed / self.rows if self.rows else 0.0
        return Course(self.label, "logged", changed=changed, closed=self.closed)

    def _decide(self, pages: Pages, together: Sequence[int], whole: Floats) -> None:
        """Fill in the probabilities of pages decided from one state, and wait for what they teach."""
        names, placement = self.stage.roster.names, self.stage.placement
        learner = self._state.learners[self.stage.name]
        policy, examination = learner.policy, learner.examination(placement)
        place = {name: i for i, name in enumerate(names)}
        rows = np.array(together)
        seeds = [pages.seeds[i] for i in together]
        vectors = vectors_for(policy, self.stage, pages.x[rows])
        belief = policy.believe(names, vectors)
        free, held = pages.eligible[rows], pages.held[rows]
        notes: list[list[float]] = [[] for _ in together]
        for slot in range(max(len(pages.pages[i].slots) for i in together)):
            if slot < whole.shape[1]:
                now = spread(policy, self.stage, belief, free, seeds=seeds, held=held)
                whole[rows, slot, : len(names)] = now
            noted = policy.notes(belief, free | ~free.any(axis=1, keepdims=True), seeds=seeds)
            for row, i in enumerate(together):
                shown = pages.pages[i].slots
                if slot < len(shown):
                    column = place.get(shown[slot].arm)
                    if column is not None:
                        free[row, column] = False
                    if noted is not None:
                        notes[row].append(0.0 if column is None else float(noted[row, column]))
        for row, i in enumerate(together):
            page = pages.pages[i]
            columns = [place.get(slot.arm, -1) for slot in page.slots]
            x = pages.x[i]
            if policy.per_arm:
                own = self.stage.arm_encoder.encode(x[None])[0]
                # what an arm that is gone was like is not known: it teaches nothing
                x = np.array([own[j] if j >= 0 else np.zeros_like(own[0]) for j in columns])
            data, reading = x.astype("<i2").tobytes(), (examination, placement.cascade)
            rejoined = Rejoined(page, data, policy.per_arm, tuple(notes[row]), *reading)
            self._wait_for(rejoin(rejoined, placement.reward, epoch=1))

    def _wait_for(self, events: Sequence[Timed]) -> None:
        for position, at, event in events:
            turn = _Turn(float("inf") if position is None else position, at, next(self._numbers), event)
            heapq.heappush(self._waiting if position is not None else self._later, turn)

    def _catch_up(self, position: int, *, at: float) -> None:
        """Fold everything up to a position; what has no position comes when its time has come."""
        due: list[AnyEvent] = []
        while self._waiting and self._waiting[0].position <= position:
            due.append(heapq.heappop(self._waiting).event)
        while self._later and self._later[0].at < at:
            due.append(heapq.heappop(self._later).event)
        self._apply(due)

    def _apply(self, events: Sequence[AnyEvent]) -> None:
        self._fold.apply(enumerate(events, self._state.position + 1))

    def _compare(self, batch: Batch, p: Floats) -> None:
        """Count rows that are decided otherwise, and those in which nothing may be shown."""
        self.rows += len(p)
        self.changed += int(np.count_nonzero(np.abs(p - _logged(batch)).max(axis=1) > _SAME))
        self.closed += int(np.count_nonzero(p.sum(axis=1) == 0.0))


def _logged(batch: Batch) -> Floats:
    if batch.rows.probabilities is None:
        raise Invalid("log: got no whole vectors; allowed logs of slotwise", field="probabilities")
    return batch.rows.probabilities

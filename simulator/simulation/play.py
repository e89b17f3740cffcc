# SPDX-License-Identifier: Apache-2.0
"""Plays a policy in a world through the service's own `decide` and `fold`."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from bandit.core import join
from bandit.core.decide import Ask, Stage, decide
from bandit.core.events import AnyEvent, Decided, PlacementPut, Rewarded
from bandit.core.features import Encoder, resolve
from bandit.core.fold import Fold
from bandit.core.placement import Placement
from bandit.core.state import State
from bandit.core.tally import Group
from simulator.simulation.policy_specs import policy_of
from simulator.simulation.season import Curve, Season, Task
from simulator.worlds.earnings import Earnings
from simulator.worlds.protocol import Episode
from simulator.worlds.table import build_world

NAME = "simulated"  # of the placement
CLICK = "click"

Watch = Callable[[int], None]
Keep = Callable[[int, AnyEvent], None]


def play(task: Task, *, watch: Watch | None = None, keep: Keep | None = None) -> Season:
    """Play a task: a pure function of it.

    Args:
        task: what to play.
        watch: told now and then how many rounds are behind.
        keep: given every event with its log position.

    Raises:
        Invalid: an unknown world, policy or setting.
    """
    player = Player(_episode(task.world, task.seed, task.rounds), task, keep=keep)
    player.play(watch=watch)
    return player.season()


@lru_cache(maxsize=1)
def _episode(world: str, seed: int, rounds: int) -> Episode:
    """Policies take turns on the same episode, so the last one is worth keeping."""
    return build_world(world).episode(seed=seed, rounds=rounds)


class Seen(NamedTuple):
    """A decision, and by slot the newest reward that was joined to it: a cascade asks for it."""

    decided: Decided
    rewards: dict[int, Rewarded]


class Player:
    """The state of the service, and rewards that are still to come."""

    def __init__(self, episode: Episode, task: Task, *, keep: Keep | None = None) -> None:
        self.state = State()
        self._episode, self._task, self._keep = episode, task, keep
        self._fold = Fold(self.state)
        self._stage = _stage(episode, task)
        self._column = {arm: column for column, arm in enumerate(episode.placement.arms)}
        self._pending: list[tuple[float, int, int, Seen]] = []
        self._expected, self._best, self._clicks = np.zeros((3, episode.rounds))
        self._earned: dict[Group, Earnings] = {"policy": Earnings(), "holdout": Earnings()}

    def play(self, *, watch: Watch | None = None) -> None:
        """Receive all visitors."""
        episode, stage = self._episode, self._stage
        self._append(
            [PlacementPut(at=float(episode.at[0]), by="simulation", name=NAME, placement=stage.placement)]
        )
        learner = self.state.learners[NAME]
        for rounds in self._groups():
            self._append(self._due(float(episode.at[rounds[0]])))
            chooser = learner.chooser(stage.placement, position=self.state.position)
            asks = [self._ask(round_) for round_ in rounds]
            events: list[AnyEvent] = []
            for round_, decided in zip(rounds, decide(stage, chooser, asks, self.state.caps), strict=True):
                events.append(decided)
                events += self._seen(round_, decided)
            self._append(events)
            if watch is not None:
                watch(rounds[-1] + 1)
        # what was still under way belongs to the log, if no longer to any decision
        self._append(self._due(np.inf))

    def season(self) -> Season:
        """What came out."""
        curve = Curve.of(self._expected, self._best, self._clicks)
        return Season(task=self._task, curve=curve, earned=self._earned)

    def _groups(self) -> Iterator[Sequence[int]]:
        """Rounds decided from one state; nobody comes twice in a group, for caps count each visit."""
        users, most = self._episode.users, self._task.together
        group: dict[str, int] = {}
        for round_ in range(self._episode.rounds):
            user = str(round_) if users is None else users[round_]
            if len(group) == most or user in group:
                yield list(group.values())
                group = {}
            group[user] = round_
        yield list(group.values())

    def _ask(self, round_: int) -> Ask:
        episode = self._episode
        return Ask(
            decision=f"{self._task.seed}-{round_}",
            at=float(episode.at[round_]),
            known=episode.known[round_],
            user="" if episode.users is None else episode.users[round_],
            slots=self._stage.placement.slots,
        )

    def _seen(self, round_: int, decided: Decided) -> list[AnyEvent]:
        """What the visitor does: rewards that come at once; those that come later are remembered."""
        episode = self._episode
        page = [self._column[arm] for arm in decided.slots]
        eligible = [self._column[arm] for arm in decided.arms]
        clicked = episode.clicked(round_, page)
        worth = episode.expected(round_, page)
        most = episode.expected(round_, episode.best(round_, eligible, slots=len(page)))
        self._expected[round_], self._best[round_] = worth, most
        self._clicks[round_] = len(clicked)
        group: Group = "holdout" if decided.holdout else "policy"
        self._earned[group].add(len(page), shown=worth, best=most)
        seen = Seen(decided, {})
        if episode.waits is None:
            return [_click(seen, self._stage, slot=slot, at=decided.at) for slot in clicked]
        for slot in clicked:
            heapq.heappush(self._pending, (decided.at + float(episode.waits[round_]), round_, slot, seen))
        return []

    def _due(self, now: float) -> list[AnyEvent]:
        """Rewards that have come by now, in the order in which they come."""
        due: list[AnyEvent] = []
        while self._pending and self._pending[0][0] <= now:
            at, _, slot, seen = heapq.heappop(self._pending)
            due.append(_click(seen, self._stage, slot=slot, at=at))
        return due

    def _append(self, events: Sequence[AnyEvent]) -> None:
        first = self.state.position + 1
        if self._keep is not None:
            for position, event in enumerate(events, first):
                self._keep(position, event)
        if events:
            self._fold.apply(enumerate(events, first))


def _stage(episode: Episode, task: Task) -> Stage:
    placement = episode.placement
    features = resolve(placement.features, episode.declared)
    placement = replace(placement, policy=policy_of(task.policy), features=features)
    return Stage(NAME, _shaped(placement, task), Encoder(features, episode.declared))


def _shaped(placement: Placement, task: Task) -> Placement:
    wanted = {"floor": task.floor, "holdout": task.holdout}
    return replace(placement, **{name: value for name, value in wanted.items() if value is not None})


def _click(seen: Seen, stage: Stage, *, slot: int, at: float) -> Rewarded:
    rule = stage.placement.reward
    reward = join.reward(
        seen.decided,
        None,
        rule,
        slot=slot,
        value=rule.events[CLICK],
        name=CLICK,
        reward_id=f"{slot}",
        at=at,
        slots=seen.rewards,
    )
    seen.rewards[slot] = reward
    return reward

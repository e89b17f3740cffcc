# SPDX-License-Identifier: Apache-2.0
"""A season as rows for estimators, with the truth of every row beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bandit.core.events import AnyEvent, Decided, Rewarded
from bandit.errors import Invalid
from simulator.logs.partition import Floats
from simulator.logs.rows import Log, Rows, in_batches
from simulator.simulation.play import Player
from simulator.simulation.season import Task
from simulator.worlds.protocol import Episode
from simulator.worlds.table import build_world


@dataclass(frozen=True, slots=True)
class LoggedSeason:
    """What the logger's log says, and what it does not.

    Args:
        rows: one a round.
        rates: expected reward of every arm, shape (n, K); 0 where it could not be shown.
        arms: names of the columns.
    """

    rows: Rows
    rates: Floats
    arms: tuple[str, ...]

    def value(self, vectors: Floats) -> float:
        """What a policy with these probabilities, shape (n, K), is worth on the rows: the truth."""
        return float(np.einsum("nk,nk->", vectors, self.rates) / len(self.rows))

    def log(self) -> Log:
        """The rows as a log that can be read more than once."""
        context = self.rows.context
        width = 0 if context is None else context.shape[1]

        def batches() -> Iterator[Rows]:
            return in_batches(self.rows)

        return Log(self.arms, tuple(f"x{i}" for i in range(width)), batches, count=len(self.rows))


def logged(task: Task) -> LoggedSeason:
    """Let the task's policy decide and learn, and return its log.

    Raises:
        Invalid: the world's pages have several slots, or fields that are no numbers.
    """
    episode = build_world(task.world).episode(seed=task.seed, rounds=task.rounds)
    if episode.placement.slots > 1:
        raise Invalid(f"world {task.world}: got {episode.placement.slots} slots; allowed 1", field="world")
    decided: list[Decided] = []
    reward = np.zeros(episode.rounds)
    place: dict[str, int] = {}

    def keep(_: int, event: AnyEvent) -> None:
        if isinstance(event, Decided):
            place[event.decision] = len(decided)
            decided.append(event)
        elif isinstance(event, Rewarded):
            reward[place[event.decision]] = event.total

    Player(episode, task, keep=keep).play()
    return _season(episode, decided, reward)


def _season(episode: Episode, decided: list[Decided], reward: Floats) -> LoggedSeason:
    arms = tuple(episode.placement.arms)
    column = {arm: i for i, arm in enumerate(arms)}
    probabilities = np.zeros((len(decided), len(arms)))
    eligible = np.zeros(probabilities.shape, dtype=bool)
    for row, event in enumerate(decided):
        columns = [column[arm] for arm in event.arms]
        probabilities[row, columns] = np.frombuffer(event.p)
        eligible[row, columns] = True
    rows = Rows(
        reward=reward,
        action=np.array([column[event.slots[0]] for event in decided], dtype=np.int64),
        propensity=np.array([event.propensities[0] for event in decided]),
        probabilities=probabilities,
        eligible=eligible,
        context=_context(episode),
        at=episode.at,
    )
    return LoggedSeason(rows, np.where(eligible, episode.rates, 0.0), arms)


def _context(episode: Episode) -> Floats | None:
    """Numbers that are known of visitors, shape (n, d); None where nothing is."""
    if not episode.known[0]:
        return None
    values = [list(known.values()) for known in episode.known]
    if not all(isinstance(value, float) for value in values[0]):
        raise Invalid("world: got fields that are no numbers; allowed numbers", field="world")
    return np.array(values, dtype=np.float64)

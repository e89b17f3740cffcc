# SPDX-License-Identifier: Apache-2.0
"""Playing an episode: choose, wait for the reward, learn."""

from __future__ import annotations

import heapq
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from policy_bench.worlds import DAYS, Episode

Array = NDArray[np.float64]


class Drawn(NamedTuple):
    """An arm, the probability that it had (1 from those who do not tell) and what the agent noted of it."""

    arm: int
    p: float = 1.0
    note: float | None = None


class Agent(Protocol):
    """Somebody who plays."""

    def choose(self, x: Array, *, u: float, seed: int) -> Drawn:
        """Return an arm; `u` in [0, 1) is the chance to use."""
        ...

    def shown(self, drawn: Drawn, x: Array, day: int) -> None:
        """Hear that an arm was shown; its reward is not known yet."""
        ...

    def rewarded(self, drawn: Drawn, x: Array, day: int, reward: float) -> None:
        """Hear the reward of an arm shown before, or, at the end of the window, that there was none."""
        ...


def play(agent: Agent, episode: Episode, *, seed: int) -> Array:
    """Return the reward of every round."""
    rng = np.random.default_rng([seed, 17])
    rounds = len(episode.x)
    chance = rng.random(rounds)
    earned = np.zeros(rounds)
    waiting: list[tuple[int, int, Drawn]] = []
    for t in range(rounds):
        x, day = episode.x[t], t * DAYS // rounds
        drawn = agent.choose(x, u=float(chance[t]), seed=t)
        earned[t] = episode.earns[t, drawn.arm]
        agent.shown(drawn, x, day)
        wait = int(episode.delay[t]) if earned[t] > 0 else episode.window
        heapq.heappush(waiting, (t + wait, t, drawn))
        while waiting and waiting[0][0] <= t:
            _, then, known = heapq.heappop(waiting)
            agent.rewarded(known, episode.x[then], then * DAYS // rounds, float(earned[then]))
    return earned

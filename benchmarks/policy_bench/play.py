# SPDX-License-Identifier: Apache-2.0
"""Playing an episode: choose, wait for the reward, learn."""

from __future__ import annotations

import heapq
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from policy_bench.worlds import DAYS, Episode

from policies import Contributions, Policy

Array = NDArray[np.float64]


class Agent(Protocol):
    """Somebody who plays."""

    def choose(self, x: Array, *, u: float, seed: int) -> tuple[int, float]:
        """Return an arm and the probability that it had; `u` in [0, 1) is the chance to use."""
        ...

    def shown(self, arm: int, x: Array, p: float, day: int) -> None:
        """Hear that an arm was shown; its reward is not known yet."""
        ...

    def rewarded(self, arm: int, x: Array, p: float, day: int, reward: float) -> None:
        """Hear the reward of an arm shown before, or, at the end of the window, that there was none."""
        ...


class Ours:
    """A policy of this project, taught as the service does: every view counts at once, rewards correct it."""

    def __init__(self, policy: Policy, arms: int) -> None:
        self.policy = policy
        self.arms = tuple(f"arm-{k}" for k in range(arms))
        self._all = np.ones((1, arms), dtype=bool)

    def choose(self, x: Array, *, u: float, seed: int) -> tuple[int, float]:
        """Draw from the probabilities."""
        belief = self.policy.believe(self.arms, x[None, None, :])
        p = self.policy.probabilities(belief, self._all, seeds=(seed,))[0]
        arm = min(int(np.searchsorted(p.cumsum(), u, side="right")), len(p) - 1)
        return arm, float(p[arm])

    def shown(self, arm: int, x: Array, p: float, day: int) -> None:
        """Count the view with no reward."""
        self._learn(arm, x, p, day, weight=1.0, reward=0.0)

    def rewarded(self, arm: int, x: Array, p: float, day: int, reward: float) -> None:
        """Correct it, if there is something to correct."""
        if reward != 0.0:
            self._learn(arm, x, p, day, weight=0.0, reward=reward)

    def _learn(self, arm: int, x: Array, p: float, day: int, *, weight: float, reward: float) -> None:
        r = np.array([reward])
        chosen = [self.arms[arm]]
        self.policy.update(
            Contributions(chosen, x[None, :], np.array([weight]), r, r, np.array([p]), np.array([day]))
        )


class OursAtOnce(Ours):
    """The same for policies that cannot unlearn: a view counts when its reward, or its absence, is known."""

    def shown(self, arm: int, x: Array, p: float, day: int) -> None:
        """Wait."""

    def rewarded(self, arm: int, x: Array, p: float, day: int, reward: float) -> None:
        """Count the view with its reward."""
        self._learn(arm, x, p, day, weight=1.0, reward=reward)


def play(agent: Agent, episode: Episode, *, seed: int) -> Array:
    """Return the reward of every round."""
    rng = np.random.default_rng([seed, 17])
    rounds = len(episode.x)
    chance = rng.random(rounds)
    earned = np.zeros(rounds)
    waiting: list[tuple[int, int, int, float]] = []
    for t in range(rounds):
        x, day = episode.x[t], t * DAYS // rounds
        arm, p = agent.choose(x, u=float(chance[t]), seed=t)
        earned[t] = episode.earns[t, arm]
        agent.shown(arm, x, p, day)
        wait = int(episode.delay[t]) if earned[t] > 0 else episode.window
        heapq.heappush(waiting, (t + wait, t, arm, p))
        while waiting and waiting[0][0] <= t:
            _, then, known, its_p = heapq.heappop(waiting)
            agent.rewarded(known, episode.x[then], its_p, then * DAYS // rounds, float(earned[then]))
    return earned

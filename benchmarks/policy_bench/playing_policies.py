# SPDX-License-Identifier: Apache-2.0
"""Policies of this project as agents, taught as the service teaches them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from policy_bench.play import Drawn

from policies import Contributions, Policy

Array = NDArray[np.float64]


class Ours:
    """Every view counts at once, with no reward; rewards correct it."""

    def __init__(self, policy: Policy, arms: int) -> None:
        self.policy = policy
        self.arms = tuple(f"arm-{k}" for k in range(arms))
        self._all = np.ones((1, arms), dtype=bool)

    def choose(self, x: Array, *, u: float, seed: int) -> Drawn:
        """Draw from the probabilities."""
        belief = self.policy.believe(self.arms, x[None, None, :])
        p = self.policy.probabilities(belief, self._all, seeds=(seed,))[0]
        arm = min(int(np.searchsorted(p.cumsum(), u, side="right")), len(p) - 1)
        notes = self.policy.notes(belief, self._all, seeds=(seed,))
        return Drawn(arm, float(p[arm]), None if notes is None else float(notes[0, arm]))

    def shown(self, drawn: Drawn, x: Array, day: int) -> None:
        """Count the view with no reward."""
        self._learn(drawn, x, day, weight=1.0, reward=0.0)

    def rewarded(self, drawn: Drawn, x: Array, day: int, reward: float) -> None:
        """Correct it, if there is something to correct."""
        if reward != 0.0:
            self._learn(drawn, x, day, weight=0.0, reward=reward)

    def _learn(self, drawn: Drawn, x: Array, day: int, *, weight: float, reward: float) -> None:
        r = np.array([reward])
        self.policy.update(
            Contributions(
                arms=[self.arms[drawn.arm]],
                x=x[None, :],
                weight=np.array([weight]),
                change=r,
                reward=r,
                propensity=np.array([drawn.p]),
                # Day 0 would be 1970: before any evidence.
                day=np.array([20_000 + day]),
                note=None if drawn.note is None else np.array([drawn.note]),
            )
        )


class OursAtOnce(Ours):
    """The same for policies that cannot unlearn: a view counts when its reward, or its absence, is known."""

    def shown(self, drawn: Drawn, x: Array, day: int) -> None:
        """Wait."""

    def rewarded(self, drawn: Drawn, x: Array, day: int, reward: float) -> None:
        """Count the view with its reward."""
        self._learn(drawn, x, day, weight=1.0, reward=reward)

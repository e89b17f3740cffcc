# SPDX-License-Identifier: Apache-2.0
"""What is added up about the logger itself: what it earned, on how many rows, and which rewards there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from bandit.errors import Invalid
from simulator.diagnostics import Diagnosis, Diagnostics
from simulator.estimators.on_policy import OnPolicy
from simulator.estimators.sums import RatioSums, Terms
from simulator.logs.partition import Floats, Partition, Target


@dataclass
class LoggedSums:
    """Streaming and mergeable.

    Args:
        earned: sums of rewards.
        modelled: the same, as what a reward model expects of the shown arms and what came beside it; empty
            without a model.
        seen: figures about the rows, each of which counts once.
        low, high: the least and the largest reward.
        clicks: whether every reward is 0 or 1, so that means are rates.
    """

    earned: OnPolicy = field(default_factory=OnPolicy)
    modelled: RatioSums = field(default_factory=RatioSums)
    seen: Diagnostics = field(default_factory=Diagnostics)
    low: float = np.inf
    high: float = -np.inf
    clicks: bool = True

    def add(self, logged: Partition, *, q: Floats | None = None) -> None:
        """Add the rows of one partition.

        Args:
            logged: the rows.
            q: a reward model's values of all arms, shape (n, K).
        """
        if not logged.rows:
            return
        itself = Target(logged.propensity)
        self.earned.add(logged, itself)
        if q is not None:
            one, shown = np.ones(logged.rows), q[np.arange(logged.rows), logged.action]
            terms = Terms(logged.reward - shown, denominator=one, offset=shown)
            self.modelled.add(terms, w=one, start=logged.start, keep=logged.keep)
        self.seen.add(logged, itself)
        self.low = min(self.low, float(logged.reward.min()))
        self.high = max(self.high, float(logged.reward.max()))
        self.clicks = self.clicks and bool(np.isin(logged.reward, (0.0, 1.0)).all())

    def merge(self, other: Self) -> None:
        """Add what another has seen."""
        self.earned.merge(other.earned)
        self.modelled.merge(other.modelled)
        self.seen.merge(other.seen)
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        self.clicks = self.clicks and other.clicks

    def diagnose(self) -> Diagnosis | None:
        """The figures so far; None without rows."""
        return self.seen.diagnose()

    def reward_range(self, given: tuple[float, float] | None) -> tuple[float, float]:
        """The range that intervals assume: the one given, or what the log shows.

        Rewards that are all alike say nothing of the others that there may be: then nothing (0), and 1 where
        that is all there is, count as seen.

        Raises:
            Invalid: a reward lies outside the range that was given.
        """
        low, high = self.low, self.high
        if given is not None:
            if low < given[0] or high > given[1]:
                text = f"reward: got {low:g} to {high:g}; allowed {given[0]:g} to {given[1]:g}"
                raise Invalid(text, field="reward")
            return given
        if low < high:
            return low, high
        return (min(low, 0.0), max(high, 0.0)) if low else (0.0, 1.0)

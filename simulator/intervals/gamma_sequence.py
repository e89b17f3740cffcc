# SPDX-License-Identifier: Apache-2.0
"""The gamma-exponential confidence sequence for IPS (Karampatziakis, Mineiro & Ramdas 2021).

One mixture over all bets instead of predictable ones; five running sums a side, no doubly robust form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from scipy.special import gammainc, loggamma

from bandit.errors import Invalid
from simulator.estimators.protocol import Interval
from simulator.intervals.student import check_level
from simulator.logs.partition import Floats, Partition, Target, weights
from simulator.roots import root

RHO = 1.0


@dataclass
class MixtureBound:
    """Sums of terms `X >= 0` and of their squared distance `v` from predictable forecasts."""

    t: int = 0
    total: float = 0.0
    v: float = 0.0

    def add(self, x: Floats) -> None:
        """Take terms in order."""
        totals = self.total + np.cumsum(x)
        before = np.concatenate([[self.total], totals[:-1]])
        forecast = (before + 0.5) / (self.t + np.arange(1, x.shape[0] + 1))
        self.v += float(np.sum((x - forecast) ** 2))
        self.t += x.shape[0]
        self.total = float(totals[-1])

    def lower(self, alpha: float) -> float:
        """The least mean in [0, 1] whose log wealth stays below `log(1 / alpha)`."""
        wanted = -math.log(alpha)
        if self.t == 0 or self._log_wealth(self.total) <= wanted:
            return 0.0
        most = min(1.0, self.total / self.t)
        if self._log_wealth(self.total - self.t * most) >= wanted:
            return most
        return root(lambda m: self._log_wealth(self.total - self.t * m) - wanted, 0.0, most)

    def _log_wealth(self, s: float) -> float:
        a, x = self.v + RHO, s + self.v + RHO
        return float(
            s
            + self.v
            + RHO * math.log(RHO)
            - a * math.log(x)
            + np.log(gammainc(a, x))
            + loggamma(a)
            - np.log(gammainc(RHO, RHO))
            - loggamma(RHO)
        )


@dataclass(kw_only=True)
class GammaSequence:
    """A two-sided sequence for one policy; rows must come in the order in which they were logged."""

    reward_range: tuple[float, float] = (0.0, 1.0)
    level: float = 0.95
    _low: MixtureBound = field(default_factory=MixtureBound, init=False)
    _high: MixtureBound = field(default_factory=MixtureBound, init=False)

    def __post_init__(self) -> None:
        check_level(self.level)
        if not self.reward_range[0] < self.reward_range[1]:
            raise Invalid(f"reward_range: got {self.reward_range!r}; allowed low below high")

    def add(self, logged: Partition, target: Target) -> None:
        """Take the next rows in order; raise Invalid on a reward outside the range or a sampled log."""
        if logged.keep is not None:
            raise Invalid("confidence sequence: got a sampled log; allowed only whole logs", field="keep")
        if logged.rows == 0:
            return
        low, high = self.reward_range
        if logged.reward.min() < low or logged.reward.max() > high:
            odd = logged.reward[(logged.reward < low) | (logged.reward > high)][0]
            raise Invalid(f"reward: got {odd}; allowed {low} to {high}", field="reward")
        w = weights(logged, target)
        self._low.add(w * (logged.reward - low) / (high - low))
        self._high.add(w * (high - logged.reward) / (high - low))

    def interval(self) -> Interval:
        """The bounds after the last row."""
        low, high = self.reward_range
        alpha = (1 - self.level) / 2
        width = high - low
        return Interval(low + self._low.lower(alpha) * width, high - self._high.lower(alpha) * width)

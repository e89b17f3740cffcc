# SPDX-License-Identifier: Apache-2.0
"""Anytime-valid confidence sequences (Waudby-Smith, Wu, Ramdas, Karampatziakis & Mineiro 2022).

They hold at all times at once, under a logger that learns from what it logs, for IPS and for doubly robust
terms. Rows must come in the order in which they were logged, so partitions do not merge; but the terms of a
row depend on nothing else, so they may be made anywhere. Symbols are those of
the paper's proposition 3: `xi` scaled terms, `lam` predictable bets, `k` how far below 0 a term may lie.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.protocol import Interval
from simulator.estimators.ratio import need
from simulator.intervals.student import check_level
from simulator.logs.partition import Floats, Partition, Target, weights

# bets stay below 1/2: the exponential bound holds below 1 and is loose near it
LARGEST_BET = 0.5


@dataclass
class LowerBound:
    """A running lower bound on the mean of terms `xi >= -k / (k + 1)` with conditional mean in [0, 1]."""

    alpha: float
    floor: float
    horizon: int | None
    t: int = 0
    total: float = 0.0
    squares: float = 0.0
    bets: float = 0.0
    won: float = 0.0
    risk: float = 0.0
    best: float = -math.inf

    def add(self, xi: Floats) -> Floats:
        """Take terms in order; the bound after each of them, running maximum, shape (n,)."""
        n = xi.shape[0]
        steps = self.t + np.arange(1, n + 1, dtype=np.float64)
        totals = self.total + np.cumsum(xi)
        before = np.concatenate([[self.total], totals[:-1]])
        # what is predicted for row t uses rows up to t - 1 only, else the bound would not hold
        centre = np.minimum((0.5 + before) / steps, 1.0 - self.floor)
        deviations = (xi - np.clip((0.5 + totals) / (steps + 1), 0.0, 1.0)) ** 2
        squares = self.squares + np.cumsum(deviations)
        variance = (0.25 + np.concatenate([[self.squares], squares[:-1]])) / steps
        length = steps * np.log1p(steps) if self.horizon is None else np.full(n, float(self.horizon))
        lam = np.minimum(np.sqrt(2 * math.log(1 / self.alpha) / (variance * length)), LARGEST_BET)
        bets = self.bets + np.cumsum(lam)
        won = self.won + np.cumsum(lam * xi)
        risk = self.risk + np.cumsum((xi - centre) ** 2 * (-np.log1p(-lam) - lam))
        bounds = np.maximum.accumulate((won - risk - math.log(1 / self.alpha)) / bets)
        bounds = np.maximum(bounds, self.best)
        self.t += n
        self.total, self.squares = float(totals[-1]), float(squares[-1])
        self.bets, self.won, self.risk = float(bets[-1]), float(won[-1]), float(risk[-1])
        self.best = float(bounds[-1])
        return bounds


@dataclass(kw_only=True)
class ConfidenceSequence:
    """A two-sided sequence for one policy.

    Args:
        reward_range: the least and the largest reward that can occur.
        level: probability with which the value lies within the bounds at all times.
        doubly_robust: use a reward model, which must have been fitted on earlier rows only.
        k: how far below 0 doubly robust terms may lie, in units of the reward range;
            more trusts the model more.
        horizon: number of rows at which the bounds should be tightest; None spreads the effort.
    """

    reward_range: tuple[float, float] = (0.0, 1.0)
    level: float = 0.95
    doubly_robust: bool = False
    k: float = 2.0
    horizon: int | None = None
    _low: LowerBound = field(init=False)
    _high: LowerBound = field(init=False)

    def __post_init__(self) -> None:
        check_level(self.level)
        if not self.reward_range[0] < self.reward_range[1]:
            raise Invalid(f"reward_range: got {self.reward_range!r}; allowed low below high")
        if not (math.isfinite(self.k) and self.k > 0):
            raise Invalid(f"k: got {self.k!r}; allowed more than 0", field="k")
        alpha, floor = (1 - self.level) / 2, self._k / (self._k + 1)
        self._low = LowerBound(alpha, floor, self.horizon)
        self._high = LowerBound(alpha, floor, self.horizon)

    @property
    def _k(self) -> float:
        return self.k if self.doubly_robust else 0.0

    def add(self, logged: Partition, target: Target) -> tuple[Floats, Floats]:
        """Take the next rows in order; the bounds after each, each of shape (n,); raises as `terms` does."""
        return self.take(*self.terms(logged, target))

    def terms(self, logged: Partition, target: Target) -> tuple[Floats, Floats]:
        """Terms of rows for the lower and for the upper bound, each of shape (n,).

        Raises:
            Invalid: a reward outside the range, a sampled log, or missing vectors for doubly robust terms.
        """
        if logged.keep is not None:
            raise Invalid("confidence sequence: got a sampled log; allowed only whole logs", field="keep")
        if logged.rows == 0:
            return np.zeros(0), np.zeros(0)
        low, high = self.reward_range
        if logged.reward.min() < low or logged.reward.max() > high:
            odd = logged.reward[(logged.reward < low) | (logged.reward > high)][0]
            raise Invalid(f"reward: got {odd}; allowed {low} to {high}", field="reward")
        r = (logged.reward - low) / (high - low)
        return self._terms(logged, target, r, 1), self._terms(logged, target, 1 - r, -1)

    def take(self, below: Floats, above: Floats) -> tuple[Floats, Floats]:
        """Take terms of the next rows in order; the bounds after each of them, each of shape (n,)."""
        if not below.shape[0]:
            return np.zeros(0), np.zeros(0)
        low, high = self.reward_range
        scale = (self._k + 1) * (high - low)
        return (
            np.clip(low + scale * self._low.add(below), low, high),
            np.clip(high - scale * self._high.add(above), low, high),
        )

    def interval(self) -> Interval:
        """The bounds after the last row."""
        low, high = self.reward_range
        scale = (self._k + 1) * (high - low)
        return Interval(max(low, low + scale * self._low.best), min(high, high - scale * self._high.best))

    def _terms(self, logged: Partition, target: Target, r: Floats, sign: int) -> Floats:
        w = weights(logged, target)
        if not self.doubly_robust:
            ips: Floats = w * r
            return ips
        name = "doubly robust confidence sequence"
        q = need(name, "reward_model", target.q)
        logger = need(name, "probabilities", logged.probabilities)
        policy = need(name, "whole_target", target.probabilities)
        low, high = self.reward_range
        model = np.clip((q - low) / (high - low), 0.0, 1.0)
        model = model if sign > 0 else 1 - model
        # the model is cut to k / w for every arm, so that no term lies below -k: predictable, hence unbiased
        with np.errstate(divide="ignore", invalid="ignore"):
            cut = np.where(policy > 0, self.k * logger / policy, np.inf)
        model = np.minimum(model, cut)
        shown = model[np.arange(r.shape[0]), logged.action]
        terms: Floats = (w * (r - shown) + np.einsum("nk,nk->n", policy, model)) / (self.k + 1)
        return terms

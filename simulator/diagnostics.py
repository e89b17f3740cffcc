# SPDX-License-Identifier: Apache-2.0
"""What the weights say about how far an estimate can be believed; shown with every answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from simulator.logs.inner import inner
from simulator.logs.partition import Floats, Partition, Target, weights
from simulator.mean_weight import Finding, MeanWeight

# a propensity this near to 1 leaves nothing to learn about other arms
CERTAIN = 1.0 - 1e-9
# rows behind one point of the timeline
PIECE = 1024
# weights from 2^-24 to 2^23, one bin a power of 2, and one for weights of 0
BINS = 48


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Figures about the rows behind an estimate.

    Args:
        rows: how many there are.
        mean_weight: should be 1 but for arms that the logger could not show.
        mean_weight_error: its standard error by the weights that were met.
        effective_rows: Kish's effective sample size.
        max_weight: the largest weight.
        max_share: its share of the sum of weights.
        max_row: position of that row in the log.
        certain_rows: share of rows whose arm was certain to be shown.
        zero_rows: share of rows whose arm the policy never shows.
        unsupported: share of the policy's probability on arms that the logger could not, or did never, show.
        unsupported_arms: columns of those arms, the heaviest first.
        rewarded_rows: effective number of rows that the reward rests on: Kish's, of weight x distance from
            the usual reward. Of clicks it is the effective number of clicks.
        timeline: effective rows over rows in each piece of the log: (position, rows, share).
        histogram: rows and share of all weight by size of weight: (lower edge, rows, share);
            edges are powers of 2.
        weights_average: whether the mean weight is what it should be.
        max_reward_share: the largest part that one row has of all weight x distance from the usual reward.
        max_reward_row: position of that row in the log, -1 without rewards.
    """

    rows: int
    mean_weight: float
    mean_weight_error: float
    effective_rows: float
    max_weight: float
    max_share: float
    max_row: int
    certain_rows: float
    zero_rows: float
    unsupported: float
    unsupported_arms: tuple[int, ...]
    rewarded_rows: float
    timeline: tuple[tuple[int, int, float], ...]
    histogram: tuple[tuple[float, int, float], ...]
    weights_average: Finding = "fine"
    max_reward_share: float = 0.0
    max_reward_row: int = -1


@dataclass
class Diagnostics:
    """Streaming and mergeable like an estimator.

    Args:
        usual_reward: the reward of a row in which nothing happened.
    """

    usual_reward: float = 0.0
    weights: MeanWeight = field(default_factory=MeanWeight)
    max_weight: float = 0.0
    max_row: int = -1
    certain: int = 0
    zero: int = 0
    shown: Floats = field(default_factory=lambda: np.zeros(0))
    asked: Floats = field(default_factory=lambda: np.zeros(0))
    asked_in_holes: Floats = field(default_factory=lambda: np.zeros(0))
    rewarded: float = 0.0
    rewarded_squared: float = 0.0
    most_rewarded: float = 0.0
    most_rewarded_row: int = -1
    timeline: dict[int, tuple[int, float, float]] = field(default_factory=dict)
    bins: Floats = field(default_factory=lambda: np.zeros((2, BINS)))

    def add(self, logged: Partition, target: Target) -> None:
        """Add the rows of one partition."""
        n = logged.rows
        if n == 0:
            return
        w = weights(logged, target)
        largest = int(np.argmax(w))
        if w[largest] > self.max_weight or self.max_row < 0:
            self.max_weight, self.max_row = float(w[largest]), logged.start + largest
        self.weights.add(w, logger=logged.probabilities, policy=target.probabilities)
        self.certain += int(np.count_nonzero(logged.propensity >= CERTAIN))
        self.zero += int(np.count_nonzero(w == 0))
        cuts = np.arange(0, n, PIECE)
        sums, squares = np.add.reduceat(w, cuts), np.add.reduceat(w * w, cuts)
        for first, its_sum, its_square in zip(cuts.tolist(), sums.tolist(), squares.tolist(), strict=True):
            self.timeline[logged.start + first] = (min(PIECE, n - first), its_sum, its_square)
        bin_of = np.frexp(w)[1] + BINS // 2
        bin_of = np.where(w > 0, np.clip(bin_of, 1, BINS - 1), 0)
        self.bins[0] += np.bincount(bin_of, minlength=BINS)
        self.bins[1] += np.bincount(bin_of, weights=w, minlength=BINS)
        rewarded = w * np.abs(logged.reward - self.usual_reward)
        self.rewarded += float(rewarded.sum())
        self.rewarded_squared += inner(rewarded, rewarded)
        best = int(np.argmax(rewarded))
        if rewarded[best] > self.most_rewarded:
            self.most_rewarded, self.most_rewarded_row = float(rewarded[best]), logged.start + best
        self._add_arms(logged, target)

    def _add_arms(self, logged: Partition, target: Target) -> None:
        policy = target.probabilities
        arms = int(logged.action.max()) + 1 if policy is None else policy.shape[1]
        self._grow(arms)
        self.shown[:arms] += np.bincount(logged.action, minlength=arms)[:arms]
        if policy is None:
            return
        self.asked[:arms] += policy.sum(axis=0)
        if logged.probabilities is not None:
            self.asked_in_holes[:arms] += np.where(logged.probabilities > 0, 0.0, policy).sum(axis=0)

    def _grow(self, arms: int) -> None:
        if arms > self.shown.shape[0]:
            more = arms - self.shown.shape[0]
            self.shown, self.asked, self.asked_in_holes = (
                np.pad(column, (0, more)) for column in (self.shown, self.asked, self.asked_in_holes)
            )

    def merge(self, other: Self) -> None:
        """Add what another instance has seen."""
        if other.max_weight > self.max_weight or self.max_row < 0:
            self.max_weight, self.max_row = other.max_weight, other.max_row
        self.weights.merge(other.weights)
        self.certain += other.certain
        self.zero += other.zero
        self.rewarded += other.rewarded
        self.rewarded_squared += other.rewarded_squared
        if other.most_rewarded > self.most_rewarded:
            self.most_rewarded, self.most_rewarded_row = other.most_rewarded, other.most_rewarded_row
        self.timeline |= other.timeline
        self.bins += other.bins
        arms = other.shown.shape[0]
        self._grow(arms)
        self.shown[:arms] += other.shown
        self.asked[:arms] += other.asked
        self.asked_in_holes[:arms] += other.asked_in_holes

    def diagnose(self) -> Diagnosis | None:
        """The figures so far; None without rows."""
        n, weight, squared = self.weights.rows, self.weights.total, self.weights.squared
        if n == 0:
            return None
        # arms that were never shown although nothing says that they could not be
        never = np.where(self.shown == 0, self.asked - self.asked_in_holes, 0.0) + self.asked_in_holes
        unsupported = float(never.sum()) / n
        heaviest = [int(i) for i in np.argsort(-never, kind="stable") if never[i] > 0]
        return Diagnosis(
            rows=n,
            mean_weight=self.weights.mean,
            mean_weight_error=self.weights.error,
            effective_rows=weight**2 / squared if squared else 0.0,
            max_weight=self.max_weight,
            max_share=self.max_weight / weight if weight else 0.0,
            max_row=self.max_row,
            certain_rows=self.certain / n,
            zero_rows=self.zero / n,
            unsupported=unsupported,
            unsupported_arms=tuple(heaviest),
            rewarded_rows=self.rewarded**2 / self.rewarded_squared if self.rewarded_squared else 0.0,
            timeline=tuple(
                (start, rows, total**2 / square / rows if square else 0.0)
                for start, (rows, total, square) in sorted(self.timeline.items())
            ),
            histogram=tuple(
                (0.0 if i == 0 else 2.0 ** (i - BINS // 2 - 1), int(rows), float(w / weight))
                for i, (rows, w) in enumerate(self.bins.T.tolist())
                if rows and weight
            ),
            weights_average=self.weights.judge(),
            max_reward_share=self.most_rewarded / self.rewarded if self.rewarded else 0.0,
            max_reward_row=self.most_rewarded_row,
        )

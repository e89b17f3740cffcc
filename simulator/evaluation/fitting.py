# SPDX-License-Identifier: Apache-2.0
"""Reward models fitted on a log, as functions of rows: cross-fitted, or of earlier rows only."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simulator.evaluation.results import Model
from simulator.logs.check import LogCheck
from simulator.logs.partition import Floats, Ints
from simulator.logs.rows import Log, Rows
from simulator.partitioning.crew import ALONE, Crew
from simulator.partitioning.pieces import over_pieces
from simulator.reward_model import MOST_ROWS, RewardModel

# a model of earlier rows is fitted anew whenever the log is this many times as long, from this row on
GROWTH, FIRST = 2, 256


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows to fit on; `positions` are theirs in the log."""

    context: Floats | None
    action: Ints
    reward: Floats
    positions: Ints

    def fitted(
        self, kind: str, *, folds: int, seed: int, arms: int, before: int | None = None
    ) -> RewardModel:
        """A model of these rows, or of those before a position."""
        rows = slice(None) if before is None else slice(0, int(np.searchsorted(self.positions, before)))
        model = RewardModel(kind=kind, folds=folds, seed=seed)
        context = None if self.context is None else self.context[rows]
        model.fit(context, self.action[rows], self.reward[rows], self.positions[rows], arms=arms)
        return model


@dataclass(frozen=True, slots=True)
class Sampling:
    """The work on one piece: keep every `step`-th row of the log."""

    step: int

    def __call__(self, batches: Iterator[Rows]) -> list[Sample]:
        """Rows of a piece to fit on."""
        parts = []
        for usable in batches:
            positions = usable.start + np.arange(len(usable), dtype=np.int64)
            chosen = positions % self.step == 0
            context = None if usable.context is None else usable.context[chosen]
            parts.append(Sample(context, usable.action[chosen], usable.reward[chosen], positions[chosen]))
        return parts


@dataclass(frozen=True, slots=True)
class CrossFitted:
    """Values of all arms, each row by the model that did not see its fold."""

    model: RewardModel

    def __call__(self, usable: Rows) -> Floats:
        """Shape (n, K)."""
        return self.model.values(usable, usable.start + np.arange(len(usable), dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Values of all arms on rows that the model never saw."""

    model: RewardModel

    def __call__(self, usable: Rows) -> Floats:
        """Shape (n, K)."""
        return self.model.mean_values(usable)


@dataclass(frozen=True, slots=True)
class Progressive:
    """Values of all arms, each row by a model of rows before it; `middle` before there is one.

    So what is said of a row was known before it was logged, as confidence sequences need it.

    Args:
        edges: positions at which models begin to be used, ascending.
        models: one an edge, fitted on the rows before it.
        arms: how many there are.
        middle: of the rewards that can occur.
    """

    edges: tuple[int, ...]
    models: tuple[RewardModel, ...]
    arms: int
    middle: float

    def __call__(self, usable: Rows) -> Floats:
        """Shape (n, K)."""
        positions = usable.start + np.arange(len(usable), dtype=np.int64)
        values = np.full((len(usable), self.arms), self.middle)
        first = bisect_right(self.edges, int(positions[0])) if len(usable) else 0
        cuts = [0, *np.searchsorted(positions, self.edges[first:]).tolist(), len(usable)]
        for i, (low, high) in enumerate(pairwise(cuts)):
            if low < high and first + i > 0:
                run = slice(low, high)
                values[run] = self.models[first + i - 1].mean_values(usable.take(run))
        return values


def sample(log: Log, *, crew: Crew = ALONE) -> Sample:
    """Usable rows, evenly thinned to at most `MOST_ROWS`, in one more reading of the log."""
    step = max(1, -(-log.count // MOST_ROWS))
    pieces = over_pieces(log, Sampling(step), check=LogCheck(arms=len(log.arms)), crew=crew)
    parts = [part for piece in pieces for part in piece]
    contexts = [part.context for part in parts if part.context is not None]
    return Sample(
        np.concatenate(contexts) if contexts else None,
        np.concatenate([part.action for part in parts]),
        np.concatenate([part.reward for part in parts]),
        np.concatenate([part.positions for part in parts]),
    )


def fit_on(log: Log, *, kind: str = "linear", folds: int = 3, seed: int = 0, crew: Crew = ALONE) -> Model:
    """A cross-fitted model of the log."""
    return cross_fitted(sample(log, crew=crew), kind=kind, folds=folds, seed=seed, arms=len(log.arms))


def fit_for_others(log: Log, *, kind: str, folds: int, seed: int) -> Model:
    """A model of a log for the rows of another one."""
    return Foreseen(sample(log).fitted(kind, folds=folds, seed=seed, arms=len(log.arms)))


def cross_fitted(rows: Sample, *, kind: str, folds: int, seed: int, arms: int) -> Model:
    """A cross-fitted model of rows."""
    return CrossFitted(rows.fitted(kind, folds=folds, seed=seed, arms=arms))


def progressive(
    rows: Sample, *, kind: str, folds: int, seed: int, arms: int, reward_range: tuple[float, float]
) -> Model:
    """Models of earlier rows, fitted anew whenever there are twice as many."""
    edges = []
    edge = FIRST
    while rows.positions.shape[0] and edge <= rows.positions[-1]:
        if np.searchsorted(rows.positions, edge):
            edges.append(edge)
        edge *= GROWTH
    models = tuple(rows.fitted(kind, folds=folds, seed=seed, arms=arms, before=one) for one in edges)
    return Progressive(tuple(edges), models, arms, (reward_range[0] + reward_range[1]) / 2)

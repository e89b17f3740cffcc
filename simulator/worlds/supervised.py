# SPDX-License-Identifier: Apache-2.0
"""Supervised sets as worlds: classes are arms, the right class earns (Beygelzimer & Langford 2009).

Because the label of every row is known, so is what any policy would have earned: the truth that estimators on
a logged sample of arms are scored against.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bandit.errors import Invalid
from simulator.logs.columns import codes, in_order, number, numbers
from simulator.logs.dialect import open_text
from simulator.logs.partition import Floats, Ints
from simulator.logs.rows import Log, Rows, in_batches


@dataclass(frozen=True, slots=True)
class SupervisedWorld:
    """Rows with known labels.

    Args:
        context: features, shape (n, d), each column with mean 0 and deviation 1.
        label: the right arm, shape (n,).
        arms: names of the classes.
        noise: probability with which a reward is turned round, so that it becomes a click rate.
    """

    context: Floats
    label: Ints
    arms: tuple[str, ...]
    noise: float = 0.0

    @classmethod
    def from_table(
        cls, path: Path, *, label: str | None = None, headed: bool = True, noise: float = 0.0
    ) -> SupervisedWorld:
        """From a CSV file, plain or gzipped.

        Args:
            path: the file.
            label: the column of the class; None takes the first one.
            headed: whether the first line names the columns; without one they are called 0, 1, 2 and so on.
            noise: probability with which a reward is turned round.
        """
        with open_text(path) as file:
            rows = list(csv.reader(file))
        header = [str(i) for i in range(len(rows[0]))] if rows else []
        if headed and rows:
            header = rows.pop(0)
        if not header:
            raise Invalid(f"world: got no rows in {path.name}; allowed one or more", field="world")
        name = header[0] if label is None else label
        if name not in header:
            raise Invalid(f"label: got {name!r}; allowed {', '.join(header[:12])}", field="label")
        width = len(header)
        if not rows or any(len(row) != width for row in rows):
            raise Invalid(f"world: got rows of other than {width} columns in {path.name}", field="world")
        texts = {column: [row[i] for row in rows] for i, column in enumerate(header)}
        classes = in_order(set(texts[name]))
        where = {level: i for i, level in enumerate(classes)}
        context = np.concatenate([_columns(texts[c]) for c in header if c != name], axis=1)
        return cls(_standard(context), codes(texts[name], where), classes, noise)

    def rates(self) -> Floats:
        """Expected reward of every arm in every row, shape (n, K)."""
        right = (self.label[:, None] == np.arange(len(self.arms))).astype(np.float64)
        rates: Floats = right * (1 - 2 * self.noise) + self.noise
        return rates

    def value(self, vectors: Floats) -> float:
        """What a policy with these probabilities earns on the rows: the truth."""
        return float(np.einsum("nk,nk->", vectors, self.rates()) / vectors.shape[0])

    def logged(self, vectors: Floats, *, seed: int) -> Log:
        """Let a logger with these probabilities, shape (n, K), decide on every row once."""
        n, arms = vectors.shape
        if n != self.label.shape[0] or arms != len(self.arms):
            wanted = f"({self.label.shape[0]}, {len(self.arms)})"
            raise Invalid(f"vectors: got shape {vectors.shape}; allowed {wanted}", field="vectors")
        generator = np.random.default_rng(seed)
        below = generator.random((n, 1)) > np.cumsum(vectors, axis=1)
        action = np.minimum(below.sum(axis=1), arms - 1)
        reward = (generator.random(n) < self.rates()[np.arange(n), action]).astype(np.float64)
        rows = Rows(
            reward=reward,
            action=action,
            propensity=vectors[np.arange(n), action],
            probabilities=vectors,
            context=self.context,
        )

        def batches() -> Iterator[Rows]:
            return in_batches(rows)

        return Log(self.arms, tuple(f"x{i}" for i in range(self.context.shape[1])), batches, count=n)


def softened(scores: Floats, *, sharpness: float, floor: float) -> Floats:
    """A policy that prefers what scores high: softmax, mixed with a uniform share.

    Args:
        scores: of every arm in every row, shape (n, K).
        sharpness: 0 is uniform, large is greedy.
        floor: share that is spread over all arms, so that each could be shown.
    """
    scaled = sharpness * (scores - scores.max(axis=1, keepdims=True))
    preferred: Floats = np.exp(scaled)
    preferred /= preferred.sum(axis=1, keepdims=True)
    mixed: Floats = (1 - floor) * preferred + floor / scores.shape[1]
    return mixed


def _columns(texts: list[str]) -> Floats:
    """A column of numbers as it is, one of words as one column a level."""
    if all(number(text) == number(text) for text in texts):
        return numbers(texts)[:, None]
    levels = sorted(set(texts))
    code = codes(texts, {level: i for i, level in enumerate(levels)})
    shown: Floats = (code[:, None] == np.arange(len(levels))).astype(np.float64)
    return shown


def _standard(context: Floats) -> Floats:
    spread = context.std(axis=0)
    standard: Floats = (context - context.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return standard

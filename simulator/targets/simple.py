# SPDX-License-Identifier: Apache-2.0
"""Policies that need nothing but the log: uniform, the logger itself, one fixed arm, a logged column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bandit.errors import Invalid
from simulator.logs.partition import Floats
from simulator.targets.policy import Answered, Asked


def uniform_vectors(asked: Asked) -> Floats:
    """One over the number of eligible arms, shape (n, K)."""
    shape = (len(asked.rows), len(asked.arms))
    eligible = asked.rows.eligible
    if eligible is None:
        return np.full(shape, 1.0 / shape[1])
    vectors: Floats = eligible / eligible.sum(axis=1, keepdims=True, dtype=np.float64)
    return vectors


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every eligible arm alike."""

    label: str = "uniform"
    needs_model: bool = False

    def answer(self, asked: Asked) -> Answered:
        """One over the number of eligible arms."""
        return Answered(uniform_vectors(asked))


@dataclass(frozen=True, slots=True)
class Logged:
    """The logger itself: its estimate must be near its mean reward."""

    label: str = "logged"
    needs_model: bool = False

    def answer(self, asked: Asked) -> Answered:
        """The logged propensities."""
        rows = asked.rows
        if rows.propensity is None:
            raise Invalid("policy logged: got a log without propensities; allowed logs with", field="policy")
        return Answered(rows.probabilities, rows.propensity)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same arm."""

    arm: str
    label: str
    needs_model: bool = False

    def answer(self, asked: Asked) -> Answered:
        """1 for the arm."""
        if self.arm not in asked.arms:
            shown = ", ".join(asked.arms[:12])
            raise Invalid(f"policy fixed: got arm {self.arm!r}; the log has {shown}", field="policy")
        vectors = np.zeros((len(asked.rows), len(asked.arms)))
        vectors[:, asked.arms.index(self.arm)] = 1.0
        return Answered(vectors)


@dataclass(frozen=True, slots=True)
class LoggedColumn:
    """A policy whose probability of the shown arm stands in the log."""

    name: str
    label: str
    needs_model: bool = False

    def answer(self, asked: Asked) -> Answered:
        """The column."""
        column = asked.rows.policies.get(self.name)
        if column is None:
            known = ", ".join(asked.rows.policies) or "none"
            raise Invalid(f"policy column: got {self.name!r}; the log has {known}", field="policy")
        if not ((column >= 0) & (column <= 1 + 1e-6)).all():
            odd = column[~((column >= 0) & (column <= 1 + 1e-6))][0]
            raise Invalid(f"policy column {self.name}: got {odd}; allowed 0 to 1", field="policy")
        return Answered(probability=column)


@dataclass(frozen=True, slots=True)
class Greedy:
    """The arm that a reward model fitted on other rows likes best, mixed with a uniform share.

    Args:
        epsilon: the share that is spread over the eligible arms.
    """

    epsilon: float
    label: str
    needs_model: bool = True

    def answer(self, asked: Asked) -> Answered:
        """`1 - epsilon` for the best, `epsilon` for all."""
        if asked.q is None:
            raise Invalid("policy greedy: got no reward model; allowed only with one", field="policy")
        even = uniform_vectors(asked)
        q = asked.q if asked.rows.eligible is None else np.where(asked.rows.eligible, asked.q, -np.inf)
        best = np.zeros(q.shape)
        best[np.arange(q.shape[0]), q.argmax(axis=1)] = 1.0
        return Answered((1 - self.epsilon) * best + self.epsilon * even)

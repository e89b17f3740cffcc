# SPDX-License-Identifier: Apache-2.0
"""What comes out of a replay: an evaluation, and how each policy went through the log."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.evaluation.results import Evaluation
from simulator.replaying.matches import CurvePoint


@dataclass(frozen=True, slots=True)
class Course:
    """How one policy went through the log.

    Args:
        label: of the policy, as in the evaluation.
        learned: "anew" from its own matches, or "logged" from every decision as the service did.
        matches: rows that it learned from; None where it learned from all.
        lost: share of its choices that the log makes too rarely.
        changed: share of the rows where its probabilities differ from those logged; None where not compared.
        closed: rows in which it may show nothing.
        curve: how its reward grew.
    """

    label: str
    learned: str
    matches: int | None = None
    lost: float = 0.0
    changed: float | None = None
    closed: int = 0
    curve: tuple[CurvePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """The whole result.

    Args:
        evaluation: answers, intervals, diagnostics and verdicts, the logger's first.
        courses: one for each of its policies.
        acceptance: the factor c of acceptance.
        uniform: whether the logger chose uniformly.
        seed: of the coins.
        asked: whether c was asked for, and does not come from the log.
    """

    evaluation: Evaluation
    courses: tuple[Course, ...]
    acceptance: float
    uniform: bool
    seed: int
    asked: bool = False

# SPDX-License-Identifier: Apache-2.0
"""What the reader of a replay must know beside the evaluation's table and notes, one line each."""

from __future__ import annotations

from simulator.replaying.results import Course, Replayed


def notes(result: Replayed) -> list[str]:
    """How rows were accepted, and how each policy went."""
    lines = []
    if any(course.matches is not None for course in result.courses):
        lines.append(
            f"rows are accepted with probability {result.acceptance:.4g} x (policy / logger), {_why(result)}"
        )
    return lines + [line for course in result.courses for line in _lines(course)]


def _why(result: Replayed) -> str:
    if result.asked:
        return "as asked"
    if result.uniform:
        return "the least propensity of a uniform logger"
    return "the propensity that 95 % of the rows reach"


def _lines(course: Course) -> list[str]:
    lines = []
    if course.matches is not None:
        count = f"{course.matches:,}"
        lines.append(
            f"{course.label}: learned from {count} matches; this is about its first {count} decisions"
        )
    if course.changed is not None:
        lines.append(f"{course.label}: other probabilities than logged in {course.changed:.1%} of the rows")
    if course.closed:
        lines.append(
            f"{course.label}: nothing may be shown in {course.closed:,} rows; they count for nothing"
        )
    return lines

# SPDX-License-Identifier: Apache-2.0
"""A replay as JSON: the evaluation's fields, and for each policy how it went; docs/replay.md lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulator.evaluation import as_json as evaluation
from simulator.replaying.results import Course, Replayed


def as_json(result: Replayed, *, broken: Sequence[str] = ()) -> dict[str, Any]:
    """The whole result as plain values.

    Args:
        result: the replay.
        broken: lines that could not be read, in words.
    """
    plain = evaluation.as_json(result.evaluation, broken=broken)
    plain["replay"] = {"seed": result.seed, "acceptance": result.acceptance, "uniform_logger": result.uniform}
    for policy, course in zip(plain["policies"], result.courses, strict=True):
        policy["course"] = _course(course)
    return plain


def _course(course: Course) -> dict[str, Any]:
    return {
        "learned": course.learned,
        "matches": course.matches,
        "lost": course.lost,
        "changed": course.changed,
        "closed": course.closed,
        "curve": [
            {"row": point.row, "matches": point.matches, "mean": point.mean, "recent": point.recent}
            for point in course.curve
        ],
    }

# SPDX-License-Identifier: Apache-2.0
"""One policy in one world under one seed: what is asked for, and what came out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bandit.core.tally import Group
from simulator.logs.partition import Floats
from simulator.worlds.earnings import Earnings

POINTS = 200  # of a learning curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to play: plain data, so that it can be sent to another process.

    Args:
        world, policy: specs, as on the command line.
        seed: of the world's chance and of every draw.
        rounds: how many visitors.
        floor, holdout: of the placement, None keeps the world's.
        together: decisions that are made from the same state, as under load; 1 learns after each.
    """

    world: str
    policy: str
    seed: int
    rounds: int
    floor: float | None = None
    holdout: float | None = None
    together: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Sums up to and including some rounds, each of shape (m,).

    Args:
        round: how many rounds are behind.
        expected: clicks that the pages shown were expected to get: their worth, without the luck of clicks.
        best: the same of the best pages.
        clicks: that they really got.
    """

    round: Floats
    expected: Floats
    best: Floats
    clicks: Floats

    @classmethod
    def of(cls, expected: Floats, best: Floats, clicks: Floats) -> Curve:
        """From numbers of single rounds, shape (T,), at most `POINTS` of them."""
        count = len(expected)
        at = np.unique(np.linspace(1, count, min(count, POINTS)).round().astype(np.int64))
        sums = [np.cumsum(each)[at - 1] for each in (expected, best, clicks)]
        return cls(round=at.astype(np.float64), expected=sums[0], best=sums[1], clicks=sums[2])

    @property
    def regret(self) -> Floats:
        """What was missed: expected clicks of the best pages minus those of the pages shown."""
        missed: Floats = self.best - self.expected
        return missed


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """What came out of a task.

    Args:
        earned: sums over the policy's own pages, and over those of the uniform holdout.
    """

    task: Task
    curve: Curve
    earned: dict[Group, Earnings] = field(default_factory=dict)

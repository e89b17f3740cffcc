# SPDX-License-Identifier: Apache-2.0
"""Contributions of a batch of events, gathered for one policy as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from bandit.core.events import Contribution, Decided, day_of
from bandit.core.features import vector
from bandit.core.join import vector_of
from policies import Contributions


class Lesson:
    """What a policy is about to be taught."""

    def __init__(self) -> None:
        self._arms: list[str] = []
        self._x: list[bytes] = []
        self._numbers: list[float] = []  # four a contribution: numpy reads a flat list twice as fast
        self._notes: list[float | None] = []
        self._days: list[int] = []

    def add(
        self, contributions: Iterable[Contribution], *, day: int, name: Callable[[str], str] = str
    ) -> None:
        """Gather contributions of a decision of `day`; `name` says under which name an arm is learned."""
        for each in contributions:
            # What changes nothing would be an example of its own for policies that are no sums.
            if each.weight == 0.0 and each.change == 0.0:
                continue
            self._arms.append(name(each.arm))
            self._x.append(each.x)
            self._numbers += (each.weight, each.change, each.reward, each.propensity)
            self._notes.append(each.note)
            self._days.append(day)

    def add_counted(self, decided: Decided, *, name: Callable[[str], str] = str) -> None:
        """Gather the slots of a decision, all of which count at once with the default reward."""
        n, reward = len(decided.slots), decided.default
        self._arms += [name(arm) for arm in decided.slots]
        self._x += [vector_of(decided, slot) for slot in range(n)] if decided.per_arm else [decided.x] * n
        for weight, propensity in zip(decided.examination or [1.0] * n, decided.propensities, strict=True):
            self._numbers += (weight, reward, reward, propensity)
        self._notes += decided.notes or [None] * n
        self._days += [day_of(decided.at)] * n

    def __bool__(self) -> bool:
        return bool(self._arms)

    def contributions(self, *, dimension: int) -> Contributions:
        """All of it, as policies take it."""
        numbers = np.array(self._numbers, dtype=np.float64).reshape(-1, 4)
        return Contributions(
            arms=self._arms,
            x=vector(b"".join(self._x), dimension=dimension),
            weight=numbers[:, 0],
            change=numbers[:, 1],
            reward=numbers[:, 2],
            propensity=numbers[:, 3],
            day=np.array(self._days, dtype=np.int64),
            note=None if None in self._notes else np.array(self._notes, dtype=np.float64),
        )

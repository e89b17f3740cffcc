# SPDX-License-Identifier: Apache-2.0
"""What all policies that ignore the context share: a tally, and how it is kept and joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from policies.additive import Additive
from policies.inputs import check_dimension, check_vectors, checked
from policies.memory import Memory
from policies.protocol import Contributions, Floats
from policies.settings import Days, Settings
from policies.sums import Sums
from policies.tally import Tally


class TabularSettings(Settings, frozen=True, kw_only=True):
    """Args: half_life_days, window_days: see `Memory`."""

    half_life_days: Days | None = None
    window_days: Days | None = None


S = TypeVar("S", bound=TabularSettings)


class Tabular(Additive, Generic[S]):
    """Knows of every arm how often it was shown and what it earned."""

    per_arm: ClassVar[bool] = False
    Settings: ClassVar[type[Any]]

    def __init__(self, settings: S | None = None, *, dimension: int) -> None:
        self.settings: S = settings or self.Settings()
        self.dimension = check_dimension(dimension)
        kept = self.settings
        memory = Memory(half_life_days=kept.half_life_days, window_days=kept.window_days)
        self.tally = Tally(memory=memory)

    def counts(self, arms: Sequence[str], x: Floats) -> tuple[Floats, Floats, int]:
        """Return how often each arm was shown, what it earned, and the number of requests."""
        check_vectors(x, arms=arms, dimension=self.dimension)
        shown, earned = self.tally.of(arms)
        return shown, earned, len(x)

    def update(self, learned: Contributions) -> None:
        """Add to the tally."""
        learned = checked(learned, dimension=self.dimension)
        self.tally.learn(learned)

    @property
    def sums(self) -> Sums:
        """The sums of the tally."""
        return self.tally.sums


def means(shown: Floats, earned: Floats) -> Floats:
    """Return the mean reward of each arm, 0 for arms never shown."""
    return np.divide(earned, shown, out=np.zeros(len(shown)), where=shown > 0.0)


def for_each(requests: int, values: Floats) -> Floats:
    """Repeat one row of values for every request."""
    return np.repeat(values[None, :], requests, axis=0)

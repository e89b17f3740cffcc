# SPDX-License-Identifier: Apache-2.0
"""What all policies with one linear model per arm share: exact sums, and how they are kept and joined."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from policies.additive import Additive
from policies.inputs import check_dimension, checked
from policies.memory import Memory
from policies.protocol import Contributions
from policies.ridge import Ridge
from policies.settings import Days, Positive, Reward, Settings
from policies.sums import Sums


class LinearSettings(Settings, frozen=True, kw_only=True):
    """Args: l2: ridge; prior_mean: what an arm never seen is expected to earn; days: see `Memory`."""

    l2: Positive = 1.0
    prior_mean: Reward = 0.0
    half_life_days: Days | None = None
    window_days: Days | None = None


S = TypeVar("S", bound=LinearSettings)


class DisjointLinear(Additive, Generic[S]):
    """Learns theta_a = A_a^-1 b_a for every arm a, over features that all arms of a request share."""

    per_arm: ClassVar[bool] = False
    Settings: ClassVar[type[Any]]

    def __init__(self, settings: S | None = None, *, dimension: int) -> None:
        self.settings: S = settings or self.Settings()
        self.dimension = check_dimension(dimension)
        kept = self.settings
        memory = Memory(half_life_days=kept.half_life_days, window_days=kept.window_days)
        self.model = Ridge(dimension=dimension, l2=kept.l2, prior_mean=kept.prior_mean, memory=memory)

    def update(self, learned: Contributions) -> None:
        """Add to the sums of the arms."""
        learned = checked(learned, dimension=self.dimension)
        self.model.sums.add(learned.arms, learned.x, learned)

    @property
    def sums(self) -> Sums:
        """The sums of the arms."""
        return self.model.sums

    def restored(self) -> None:
        """Drop cached inverses."""
        self.model.clear()

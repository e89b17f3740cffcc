# SPDX-License-Identifier: Apache-2.0
"""What all policies with one linear model per arm share: exact sums, and how they are kept and joined."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from policies.inputs import check_dimension
from policies.memory import Memory
from policies.protocol import Contributions
from policies.ridge import Ridge
from policies.settings import Days, Positive, Settings
from policies.state import seal, unseal
from policies.sums import SumsState


class LinearSettings(Settings, frozen=True, kw_only=True):
    """Args: l2: ridge; half_life_days, window_days: see `Memory`."""

    l2: Positive = 1.0
    half_life_days: Days | None = None
    window_days: Days | None = None


S = TypeVar("S", bound=LinearSettings)


class DisjointLinear(Generic[S]):
    """Learns theta_a = A_a^-1 b_a for every arm a, over features that all arms of a request share."""

    kind: ClassVar[str]
    per_arm: ClassVar[bool] = False
    Settings: ClassVar[type[Any]]

    def __init__(self, settings: S | None = None, *, dimension: int) -> None:
        self.settings: S = settings or self.Settings()
        self.dimension = check_dimension(dimension)
        kept = self.settings
        memory = Memory(half_life_days=kept.half_life_days, window_days=kept.window_days)
        self.model = Ridge(dimension=dimension, l2=kept.l2, memory=memory)

    def update(self, learned: Contributions) -> None:
        """Add to the sums of the arms."""
        self.model.sums.add(learned)

    def dump(self) -> bytes:
        """Return the sums."""
        return seal(self.kind, self.dimension, self.model.sums.state())

    def load(self, data: bytes) -> None:
        """Take over sums."""
        self.model.restore(unseal(data, self.kind, self.dimension, SumsState))

    def merge(self, data: bytes) -> None:
        """Add the sums that another policy of this kind dumped after seeing other traffic."""
        self.model.sums.merge(unseal(data, self.kind, self.dimension, SumsState))

    def forget(self, *, before: int) -> None:
        """Drop what was learned on days (since 1970-01-01) earlier than `before`, where memory fades."""
        self.model.sums.forget(before=before)

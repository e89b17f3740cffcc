# SPDX-License-Identifier: Apache-2.0
"""What policies that learn nothing share: they believe nothing and their state is empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from policies.inputs import check_dimension, check_vectors, checked
from policies.protocol import Belief, Bools, Contributions, Findings, Floats
from policies.settings import Settings
from policies.state import seal, unseal
from policies.widening import narrower


class StillSettings(Settings, frozen=True, kw_only=True):
    """There is nothing to set."""


class Still:
    """Believes 0 about every arm, whatever happens."""

    kind: ClassVar[str]
    per_arm: ClassVar[bool] = False
    additive: ClassVar[bool] = True
    Settings: ClassVar[type[StillSettings]] = StillSettings

    def __init__(self, settings: StillSettings | None = None, *, dimension: int) -> None:
        self.settings = settings or StillSettings()
        self.dimension = check_dimension(dimension)

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return zeros."""
        check_vectors(x, arms=arms, dimension=self.dimension)
        nothing = np.zeros((len(x), len(arms)))
        return Belief(nothing, nothing)

    def notes(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats | None:  # noqa: ARG002
        """Nothing to note."""
        return None

    def update(self, learned: Contributions) -> None:
        """Check the contributions and learn nothing."""
        checked(learned, dimension=self.dimension)

    def report(self, *, scale: float = 1.0) -> Findings:  # noqa: ARG002
        """Nothing to report."""
        return {}

    def dump(self) -> bytes:
        """Return the envelope alone."""
        return seal(self.kind, self.dimension, ())

    def load(self, data: bytes) -> None:
        """Check that `data` comes from a policy of this kind."""
        unseal(data, self.kind, self.dimension, tuple[()])

    def adopt(self, data: bytes) -> None:
        """Check that `data` comes from a policy of this kind and no more features."""
        unseal(data, self.kind, narrower(data, dimension=self.dimension), tuple[()])

    def merge(self, data: bytes) -> None:
        """Check that `data` comes from a policy of this kind."""
        self.load(data)

    def move(self, arm: str, *, to: str) -> None:
        """There is nothing to move."""

    def forget(self, *, today: int) -> None:
        """There is nothing to drop."""

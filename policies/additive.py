# SPDX-License-Identifier: Apache-2.0
"""Keeping policies whose state is exact sums: dump, load, merge, forget, and nothing to note or report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from policies.protocol import Belief, Bools, Findings, Floats
from policies.state import seal, unseal
from policies.sums import Sums, SumsState
from policies.widening import narrower, widened_sums


class Additive:
    """Has its whole state in one `Sums`."""

    kind: ClassVar[str]
    additive: ClassVar[bool] = True
    dimension: int

    @property
    def sums(self) -> Sums:
        """The sums that are the state."""
        raise NotImplementedError

    def restored(self) -> None:
        """Drop whatever was computed from sums that have been replaced."""

    def notes(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats | None:  # noqa: ARG002
        """Nothing to note."""
        return None

    def report(self, *, scale: float = 1.0) -> Findings:  # noqa: ARG002
        """Nothing to report."""
        return {}

    def dump(self) -> bytes:
        """Return the sums."""
        return seal(self.kind, self.dimension, self.sums.state())

    def load(self, data: bytes) -> None:
        """Take over sums; raise InvalidState and change nothing when they do not fit."""
        self.sums.restore(unseal(data, self.kind, self.dimension, SumsState))
        self.restored()

    def adopt(self, data: bytes) -> None:
        """Take over what a policy of this kind dumped that knew only the first of the features."""
        old = narrower(data, dimension=self.dimension)
        state = unseal(data, self.kind, old, SumsState)
        # Policies without context keep the same sums, whatever the number of features.
        if self.sums.dimension != 0:
            state = widened_sums(state, old=old, new=self.dimension)
        self.sums.restore(state)
        self.restored()

    def merge(self, data: bytes) -> None:
        """Add the sums that another policy of this kind dumped after seeing other traffic."""
        self.sums.merge(unseal(data, self.kind, self.dimension, SumsState))

    def move(self, arm: str, *, to: str) -> None:
        """Add the sums of an arm to those of another."""
        self.sums.move(arm, to=to)

    def forget(self, *, today: int) -> None:
        """Drop what is too old to count on day `today`, where memory fades."""
        self.sums.forget(today=today)

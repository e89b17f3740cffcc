# SPDX-License-Identifier: Apache-2.0
"""What policies made of other policies share: every part learns, and the state is that of the parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
import numpy as np

from policies.errors import InvalidState
from policies.inputs import check_dimension
from policies.protocol import Belief, Bools, Contributions, Findings, Floats, Policy
from policies.state import seal, unseal
from policies.sums import Sums, SumsState
from policies.transaction import all_or_none
from policies.widening import narrower


def on_grid(values: Floats) -> Floats:
    """Round to multiples of 2^-10, so that sums of them are exact."""
    rounded: Floats = np.rint(values * 1024.0) / 1024.0
    return rounded


class WrapperState(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """The state of each part, and what the wrapper itself counted."""

    parts: list[bytes]
    counted: SumsState


class Wrapper:
    """Holds other policies by name and hands on to them all that is learned.

    Args:
        parts: the policies, by the names in `part_names`.
    """

    kind: ClassVar[str]
    part_names: ClassVar[tuple[str, ...]]

    def __init__(self, parts: Sequence[Policy], *, dimension: int) -> None:
        self.dimension = check_dimension(dimension)
        self.parts = tuple(parts)
        self.counted = Sums(dimension=0)

    @property
    def per_arm(self) -> bool:
        """Whether any part wants a vector for each arm."""
        return any(part.per_arm for part in self.parts)

    @property
    def additive(self) -> bool:
        """Whether the states of all parts are sums."""
        return all(part.additive for part in self.parts)

    def notes(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats | None:  # noqa: ARG002
        """Nothing to note."""
        return None

    def update(self, learned: Contributions) -> None:
        """Let every part learn."""
        for part in self.parts:
            part.update(learned)

    def report(self, *, scale: float = 1.0) -> Findings:
        """Return what the parts report, each finding under the name of its part."""
        return {
            f"{name}.{finding}": value
            for name, part in zip(self.part_names, self.parts, strict=True)
            for finding, value in part.report(scale=scale).items()
        }

    def dump(self) -> bytes:
        """Return the state of the parts and of the wrapper."""
        state = WrapperState([part.dump() for part in self.parts], self.counted.state())
        return seal(self.kind, self.dimension, state)

    def adopt(self, data: bytes) -> None:
        """Give every part the state of one that knew only the first of the features, or none."""
        state = self._read(data, dimension=narrower(data, dimension=self.dimension))
        adopts = [
            lambda p=part, s=each: p.adopt(s) for part, each in zip(self.parts, state.parts, strict=True)
        ]
        all_or_none(self.parts, [*adopts, lambda: self.counted.restore(state.counted)])

    def load(self, data: bytes) -> None:
        """Give every part its state, or none if one does not fit."""
        state = self._read(data)
        loads = [lambda p=part, s=each: p.load(s) for part, each in zip(self.parts, state.parts, strict=True)]
        all_or_none(self.parts, [*loads, lambda: self.counted.restore(state.counted)])

    def merge(self, data: bytes) -> None:
        """Merge what another policy of this kind dumped, or nothing if a part does not fit."""
        state = self._read(data)
        merges = [
            lambda p=part, s=each: p.merge(s) for part, each in zip(self.parts, state.parts, strict=True)
        ]
        all_or_none(self.parts, [*merges, lambda: self.counted.merge(state.counted)])

    def move(self, arm: str, *, to: str) -> None:
        """Let every part add what it has learned of an arm to what it knows of another."""
        for part in self.parts:
            part.move(arm, to=to)

    def forget(self, *, today: int) -> None:
        """Let every part drop what is too old to count on day `today`."""
        for part in self.parts:
            part.forget(today=today)

    def _read(self, data: bytes, *, dimension: int | None = None) -> WrapperState:
        state = unseal(data, self.kind, dimension or self.dimension, WrapperState)
        if len(state.parts) != len(self.parts):
            raise InvalidState("parts", got=len(state.parts), allowed=str(len(self.parts)))
        return state

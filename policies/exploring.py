# SPDX-License-Identifier: Apache-2.0
"""What policies share that explore around the expected rewards of another policy, their scorer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
import numpy as np

from policies.protocol import Belief, Floats, Policy
from policies.settings import Settings
from policies.wrapping import Wrapper


class ExploringSettings(Settings, frozen=True, kw_only=True):
    """Args: scorer: the policy, as in a catalogue, whose expected rewards are explored around."""

    scorer: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "linucb"})


S = TypeVar("S", bound=ExploringSettings)


class Exploring(Wrapper, Generic[S]):
    """Believes and learns what its scorer does; only how probability is spread differs."""

    part_names: ClassVar[tuple[str, ...]] = ("scorer",)
    Settings: ClassVar[type[Any]]

    def __init__(self, settings: S | None = None, *, dimension: int, scorer: Policy) -> None:
        super().__init__((scorer,), dimension=dimension)
        self.settings: S = settings or self.Settings()

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return the scorer's expected rewards; its measure of uncertainty is not used."""
        mean = self.parts[0].believe(arms, x).mean
        return Belief(mean, np.zeros(mean.shape))

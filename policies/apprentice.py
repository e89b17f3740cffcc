# SPDX-License-Identifier: Apache-2.0
"""Serve the baseline while another policy learns from what happens, and see how often they agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import msgspec
import numpy as np

from policies.inputs import checked
from policies.protocol import Belief, Bools, Contributions, Findings, Floats, Policy
from policies.settings import Settings
from policies.sums import CHANGE, WEIGHT
from policies.wrapping import Wrapper, on_grid

_AGREED = "agreed"


class ApprenticeSettings(Settings, frozen=True, kw_only=True):
    """Args: baseline: the policy that serves; student: the one that learns in the background."""

    baseline: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "fixed"})
    student: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "linucb"})


class Apprentice(Wrapper):
    """Spreads probability as the baseline does; both learn."""

    kind: ClassVar[str] = "apprentice"
    part_names: ClassVar[tuple[str, ...]] = ("baseline", "student")
    Settings: ClassVar[type[ApprenticeSettings]] = ApprenticeSettings

    def __init__(
        self, settings: ApprenticeSettings | None = None, *, dimension: int, baseline: Policy, student: Policy
    ) -> None:
        super().__init__((baseline, student), dimension=dimension)
        self.settings = settings or ApprenticeSettings()

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return what the baseline believes; `detail` has both beliefs."""
        baseline, student = (part.believe(arms, x) for part in self.parts)
        return Belief(baseline.mean, baseline.width, detail=(baseline, student))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:
        """Spread probability as the baseline does."""
        return self.parts[0].probabilities(belief.detail[0], eligible, seeds=seeds)

    def notes(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats | None:
        """Note the student's probabilities: that of the arm shown is how much it agrees."""
        return on_grid(self.parts[1].probabilities(belief.detail[1], eligible, seeds=seeds))

    def update(self, learned: Contributions) -> None:
        """Let both learn, and add up agreement over the slots that count for the first time."""
        learned = checked(learned, dimension=self.dimension)
        super().update(learned)
        if learned.note is not None:
            times = np.sign(learned.weight)
            agreed = replace(learned, weight=times, change=times * on_grid(learned.note))
            self.counted.add([_AGREED] * len(learned.arms), learned.x[:, :0], agreed)

    def report(self, *, scale: float = 1.0) -> Findings:
        """Return the number of slots compared and the share in which both would have shown the same arm."""
        total = self.counted.totals(list(self.counted.rows.values())).sum(axis=0)
        slots = float(total[WEIGHT])
        agreement = float(total[CHANGE]) / slots if slots > 0.0 else None
        return {"slots": slots, "agreement": agreement, **super().report(scale=scale)}

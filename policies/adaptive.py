# SPDX-License-Identifier: Apache-2.0
"""Two memories of the same evidence: serve what the steady one believes until the quick one predicts better.

Both say beforehand what the arm drawn will earn (Dawid 1984, prequential). For predictions m and q of the
steady and the quick one and a reward r, r log(q / m) + (1 - r) log((1 - q) / (1 - m)) is by how much q was
the likelier one, were r a click that comes with the probability predicted. That is linear in r, so L, what it
adds up to over all slots, is a sum like any other: order-free, exact, and taken back when a visitor is
forgotten. The quick one serves while L is at least `lead`: then it is the more probable model although it
began with odds of exp(-lead).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import msgspec
import numpy as np

from policies.memory import Memory
from policies.protocol import Belief, Bools, Contributions, Findings, Floats, Policy
from policies.settings import Days, Positive, Settings
from policies.sums import CHANGE, WEIGHT, Sums
from policies.wrapping import Wrapper, on_grid

_LEAD = "lead"
# A note holds both predictions, in steps of 2^-10 between -1 and 1, as one whole number.
_STEPS, _ROOM = 1024.0, 4096.0
# Predictions closer to 0 or 1 than this are those of a straight line, not of someone that sure.
_LEAST = 0.004


class AdaptiveSettings(Settings, frozen=True, kw_only=True):
    """Args: steady, quick: policies, of which quick forgets faster.

    lead: L from which quick serves; half_life_days: the age at which the comparison counts half.
    """

    steady: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "linucb"})
    quick: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "linucb", "half_life_days": 3})
    lead: Positive = 20.0
    half_life_days: Days | None = 30.0


class Adaptive(Wrapper):
    """Serves what one of two policies does: which, depends on how well each predicted the rewards so far."""

    kind: ClassVar[str] = "adaptive"
    part_names: ClassVar[tuple[str, ...]] = ("steady", "quick")
    Settings: ClassVar[type[AdaptiveSettings]] = AdaptiveSettings

    def __init__(
        self, settings: AdaptiveSettings | None = None, *, dimension: int, steady: Policy, quick: Policy
    ) -> None:
        super().__init__((steady, quick), dimension=dimension)
        self.settings = settings or AdaptiveSettings()
        self.counted = Sums(dimension=0, memory=Memory(half_life_days=self.settings.half_life_days))

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return what the one that serves believes; `detail` has both beliefs and which of them that is."""
        both = tuple(part.believe(arms, x) for part in self.parts)
        serving = int(self._compared()[1] >= self.settings.lead)
        return Belief(both[serving].mean, both[serving].width, detail=(both, serving))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:
        """Spread probability as the one that serves does."""
        both, serving = belief.detail
        shares: Floats = self.parts[serving].probabilities(both[serving], eligible, seeds=seeds)
        return shares

    def notes(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats | None:  # noqa: ARG002
        """Note what both predict of each arm."""
        (steady, quick), _ = belief.detail
        noted: Floats = _in_steps(quick.mean) * _ROOM + _in_steps(steady.mean)
        return noted

    def update(self, learned: Contributions) -> None:
        """Let both learn, and add up by how much the quick one was likelier; without notes, nothing."""
        super().update(learned)
        if learned.note is not None:
            names = [_LEAD] * len(learned.arms)
            likelier = _likelier(learned, learned.note)
            self.counted.add(names, learned.x[:, :0], replace(learned, change=likelier))

    def forget(self, *, today: int) -> None:
        """Drop what was learned, and what was compared, too long before day `today` to count."""
        super().forget(today=today)
        self.counted.forget(today=today)

    def report(self, *, scale: float = 1.0) -> Findings:
        """Return the slots compared, the lead of the quick one, and whether it serves."""
        slots, lead = self._compared()
        serves = lead >= self.settings.lead
        return {"slots": slots, "lead": lead, "quick_serves": serves, **super().report(scale=scale)}

    def _compared(self) -> tuple[float, float]:
        row = self.counted.rows.get(_LEAD)
        if row is None:
            return 0.0, 0.0
        total = self.counted.totals([row])[0]
        return float(total[WEIGHT]), float(total[CHANGE])


def _in_steps(mean: Floats) -> Floats:
    """Round predictions to whole steps; what is beyond any reward is a prediction of the last reward."""
    return _bounded(np.rint(mean * _STEPS))


def _bounded(steps: Floats) -> Floats:
    # np.clip takes thrice as long on a few numbers.
    bounded: Floats = np.minimum(np.maximum(steps, -_STEPS), _STEPS)
    return bounded


def _likelier(learned: Contributions, note: Floats) -> Floats:
    """Return by how much L changes with each contribution."""
    q = _bounded(np.rint(note / _ROOM))
    m = _bounded(np.rint(note - q * _ROOM))
    miss, hit = (on_grid(_logarithm(q, sign) - _logarithm(m, sign)) for sign in (-1.0, 1.0))
    likelier: Floats = learned.weight * miss + learned.change * (hit - miss)
    return likelier


def _logarithm(steps: Floats, sign: float) -> Floats:
    """Return log p of predictions p for a sign of 1, log(1 - p) for one of -1."""
    p = steps / _STEPS if sign > 0 else 1.0 - steps / _STEPS
    logarithm: Floats = np.log(np.minimum(np.maximum(p, _LEAST), 1.0 - _LEAST))
    return logarithm

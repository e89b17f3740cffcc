# SPDX-License-Identifier: Apache-2.0
"""Two memories of the same evidence: serve what the steady one believes until the quick one predicts better.

Both say beforehand what the arm drawn will earn (Dawid 1984, prequential). For predictions m and q of the
steady and the quick one and a reward r, (r - m)^2 - (r - q)^2 = 2 (q - m) (r - (m + q) / 2) is by how much q
was better. Its sum D over all slots is a sum like any other: order-free, exact, and taken back when a visitor
is forgotten. So is that of (r - m)^2, whose mean s^2 says how far rewards lie from what is expected. The
quick one serves while D / (2 s^2) is at least `lead`: for normal errors that is when it is the more probable
model although it began with odds of exp(-lead).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import msgspec
import numpy as np

from policies.memory import Memory
from policies.protocol import Belief, Bools, Contributions, Findings, Floats, Policy
from policies.settings import Days, Positive, Settings
from policies.sums import CHANGE, WEIGHT, Sums
from policies.wrapping import Wrapper

_SAVED, _ERROR = "saved", "error"
# A note holds both predictions, in steps of 2^-10 between -1 and 1, as one whole number.
_STEPS, _ROOM = 1024.0, 4096.0


class AdaptiveSettings(Settings, frozen=True, kw_only=True):
    """Args: steady, quick: policies, of which quick forgets faster.

    lead: D / (2 s^2) from which quick serves; half_life_days: the age at which the comparison counts half.
    """

    steady: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "linucb"})
    quick: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "linucb", "half_life_days": 3})
    lead: Positive = 20.0
    half_life_days: Days | None = 30.0


class _Compared(NamedTuple):
    slots: float
    saved: float
    lead: float


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
        serving = int(self._compared().lead >= self.settings.lead)
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
        """Let both learn, and add up by how much better the quick one predicted; without notes, nothing."""
        super().update(learned)
        if learned.note is not None:
            n = len(learned.arms)
            twice = Contributions(
                arms=[_SAVED] * n + [_ERROR] * n,
                x=np.zeros((2 * n, 0)),
                change=np.concatenate(_errors(learned, learned.note)),
                **{
                    name: np.tile(getattr(learned, name), 2)
                    for name in ("weight", "reward", "propensity", "day")
                },
            )
            self.counted.add(twice.arms, twice.x, twice)

    def forget(self, *, before: int) -> None:
        """Drop what was learned, and what was compared, on days earlier than `before`."""
        super().forget(before=before)
        self.counted.forget(before=before)

    def report(self, *, scale: float = 1.0) -> Findings:
        """Return the slots compared, the squared error that the quick one saved, its lead, if it serves."""
        slots, saved, lead = self._compared()
        serves = lead >= self.settings.lead
        return {
            "slots": slots,
            "saved": saved,
            "lead": lead,
            "quick_serves": serves,
            **super().report(scale=scale),
        }

    def _compared(self) -> _Compared:
        rows = self.counted.rows
        if _SAVED not in rows:
            return _Compared(0.0, 0.0, 0.0)
        saved, error = self.counted.totals([rows[_SAVED], rows[_ERROR]])
        spread = 2.0 * error[CHANGE] / error[WEIGHT] if error[WEIGHT] > 0.0 else 0.0
        lead = saved[CHANGE] / spread if spread > 0.0 else 0.0
        return _Compared(float(saved[WEIGHT]), float(saved[CHANGE]), float(lead))


def _in_steps(mean: Floats) -> Floats:
    """Round predictions to whole steps; what is beyond any reward is a prediction of the last reward."""
    return _bounded(np.rint(mean * _STEPS))


def _bounded(steps: Floats) -> Floats:
    # np.clip takes thrice as long on a few numbers.
    bounded: Floats = np.minimum(np.maximum(steps, -_STEPS), _STEPS)
    return bounded


def _errors(learned: Contributions, note: Floats) -> tuple[Floats, Floats]:
    """Return by how much D and the steady memory's squared error change with each contribution."""
    q = _bounded(np.rint(note / _ROOM))
    m = _bounded(np.rint(note - q * _ROOM)) / _STEPS
    q /= _STEPS
    w, change = learned.weight, learned.change
    saved = (q - m) * (2.0 * change - w * (m + q))
    # r^2 - b^2 with b the reward before the change, by which (r - m)^2 grows beside its linear part.
    error = change * (2.0 * learned.reward - change) - m * (2.0 * change - w * m)
    return saved, error

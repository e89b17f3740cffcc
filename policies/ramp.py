# SPDX-License-Identifier: Apache-2.0
"""Let new arms in slowly: until an arm has been shown often enough, its probability is capped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec
import numpy as np

from policies.inputs import checked
from policies.protocol import NEWCOMER, Belief, Bools, Contributions, Floats, Policy
from policies.settings import Count, Probability, Settings
from policies.sums import WEIGHT
from policies.wrapping import Wrapper


class RampSettings(Settings, frozen=True, kw_only=True):
    """Args: policy: whose arms to let in slowly; views: until an arm is old; first: its cap at 0 views."""

    policy: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "linucb"})
    views: Count = 1000
    first: Probability = 0.05


class Ramp(Wrapper):
    """Caps an arm shown n times at first + (1 - first) n / views; the policy spreads the rest over others."""

    kind: ClassVar[str] = "ramp"
    part_names: ClassVar[tuple[str, ...]] = ("policy",)
    Settings: ClassVar[type[RampSettings]] = RampSettings

    def __init__(self, settings: RampSettings | None = None, *, dimension: int, policy: Policy) -> None:
        super().__init__((policy,), dimension=dimension)
        self.settings = settings or RampSettings()

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return what the policy believes; `detail` has its belief and the caps."""
        belief = self.parts[0].believe(arms, x)
        # Newcomers stay new, however many of them were shown.
        rows = [-1 if arm == NEWCOMER else self.counted.rows.get(arm, -1) for arm in arms]
        known = [row for row in rows if row >= 0]
        n = np.zeros(len(rows))
        n[[row >= 0 for row in rows]] = self.counted.totals(known)[:, WEIGHT]
        first = self.settings.first
        caps = np.minimum(first + (1.0 - first) * np.maximum(n, 0.0) / self.settings.views, 1.0)
        return Belief(belief.mean, belief.width, detail=(belief, caps))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:
        """Cap new arms and ask the policy again, without them, for what is left over."""
        inner, caps = belief.detail
        shares = self.parts[0].probabilities(inner, eligible, seeds=seeds)
        free, fixed = eligible, np.zeros(eligible.shape)
        # Each round caps an arm or ends, so there are at most K rounds.
        for _ in range(eligible.shape[1]):
            over = free & (shares > caps + 1e-15)
            if not over.any():
                break
            fixed = np.where(over, caps, fixed)
            left = 1.0 - fixed.sum(axis=1, keepdims=True)
            free = free & ~over
            full = ~free.any(axis=1, keepdims=True)
            # Where every arm is new there is nobody else: all share in proportion to their caps.
            some = np.where(full, eligible, free)
            again = self.parts[0].probabilities(inner, some, seeds=seeds)
            weight = np.where(eligible, caps, 0.0)
            total = weight.sum(axis=1, keepdims=True)
            alike = np.where(total > 0.0, weight, eligible) / np.where(
                total > 0.0, total, eligible.sum(axis=1, keepdims=True)
            )
            shares = np.where(full, alike, fixed + left * np.where(free, again, 0.0))
        return shares

    def update(self, learned: Contributions) -> None:
        """Let the policy learn, and count views."""
        learned = checked(learned, dimension=self.dimension)
        super().update(learned)
        self.counted.add(learned.arms, learned.x[:, :0], learned)

    def move(self, arm: str, *, to: str) -> None:
        """Move what was learned, and the views."""
        super().move(arm, to=to)
        self.counted.move(arm, to=to)

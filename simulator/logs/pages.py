# SPDX-License-Identifier: Apache-2.0
"""Logs of pages in memory: what every slot showed and could have shown, and what policies make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from simulator.logs.finding import Finding
from simulator.logs.partition import Floats
from simulator.logs.rows import BrokenLine
from simulator.slates.partition import SlatePartition, SlateProbabilities
from simulator.slates.policies import PagePolicy


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Args:
        arms: of each slot, the arms that it could show, the shown one first.
        propensities: of the shown ones, each given the slots above.
        rewards: of each slot; in logs of one reward a page, of the last one.
        keep: the probability with which the page survived sampling.
    """

    arms: tuple[tuple[str, ...], ...]
    propensities: tuple[float, ...]
    rewards: tuple[float, ...]
    keep: float = 1.0


@dataclass(frozen=True, slots=True)
class SlateLog:
    """A log of pages.

    Args:
        kind: "ccb" (arms are drawn slot by slot, a reward each) or "slates" (one reward a page).
        shown: the pages.
        broken: lines that could not be read.
        dropped: pages with a probability outside (0, 1].
        skipped: pages left out on purpose, with the reason as key.
        findings: what else its reader found wrong with it.
    """

    kind: str
    shown: Sequence[Page]
    broken: Sequence[BrokenLine]
    dropped: int
    skipped: dict[str, int] = field(default_factory=dict)
    findings: Sequence[Finding] = ()

    @property
    def slots(self) -> int:
        """Of the longest page."""
        return max((len(page.arms) for page in self.shown), default=1)

    def partition(self) -> SlatePartition:
        """All pages as arrays."""
        shape = (len(self.shown), self.slots)
        reward, shown = np.zeros(shape), np.zeros(shape, dtype=bool)
        logged = np.ones(shape)
        for i, page in enumerate(self.shown):
            places = slice(0, len(page.arms))
            shown[i, places] = True
            reward[i, places] = page.rewards
            logged[i, places] = np.minimum(page.propensities, 1.0)
        keep = np.array([page.keep for page in self.shown])
        return SlatePartition(
            reward, self._probabilities(logged), shown=shown, keep=keep if (keep < 1).any() else None
        )

    def under(self, policy: PagePolicy) -> SlateProbabilities:
        """How probable the shown pages are under a policy."""
        conditional = np.ones((len(self.shown), self.slots))
        for i, page in enumerate(self.shown):
            for j, arms in enumerate(page.arms):
                conditional[i, j] = policy.chance(j, arms)
        return self._probabilities(conditional)

    def _probabilities(self, conditional: Floats) -> SlateProbabilities:
        """From the probability of each slot given those above it; in slates no slot depends on another."""
        cascade: Floats = np.cumprod(conditional, axis=1, dtype=np.float64)
        return SlateProbabilities(
            joint=cascade[:, -1], slot=conditional if self.kind == "slates" else None, cascade=cascade
        )

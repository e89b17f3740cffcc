# SPDX-License-Identifier: Apache-2.0
"""Logs of several slots from dsjson (ccb and slates) as partitions of pages, with a uniform policy beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bandit.errors import Invalid
from simulator.logs.decision_json import Decision, decisions
from simulator.logs.partition import Floats
from simulator.logs.rows import BrokenLine
from simulator.slates.partition import SlatePartition, SlateProbabilities


@dataclass(frozen=True, slots=True)
class SlateLog:
    """A log of pages.

    Args:
        kind: "ccb" (arms are drawn slot by slot, a reward each) or "slates" (one reward a page).
        pages: all of them.
        uniform: how probable the shown pages are under a policy that draws every slot uniformly.
        broken: lines that could not be read.
        dropped: pages with a probability outside (0, 1].
    """

    kind: str
    pages: SlatePartition
    uniform: SlateProbabilities
    broken: Sequence[BrokenLine]
    dropped: int


def read_slate_json(path: Path) -> SlateLog:
    """Open a dsjson log of pages.

    Raises:
        Invalid: no line is a decision of several slots, or the file mixes ccb with slates.
    """
    broken: list[BrokenLine] = []
    found = [decision for decision in decisions(path, broken) if decision.kind != "cb"]
    if not found:
        why = f"; the first line that could not be read: {broken[0].why}" if broken else ""
        raise Invalid(f"log: got no decisions of several slots in {path.name}{why}", field="log")
    kinds = {decision.kind for decision in found}
    if len(kinds) > 1:
        raise Invalid("log: got ccb and slates in one file; allowed one kind", field="log")
    fine = [
        decision for decision in found if all(_possible(slot.probabilities[0]) for slot in decision.slots)
    ]
    kind = kinds.pop()
    pages, uniform = _pages(fine, kind)
    return SlateLog(kind, pages, uniform, tuple(broken), len(found) - len(fine))


def _possible(p: float) -> bool:
    return 0 < p <= 1 + 1e-6


def _pages(found: Sequence[Decision], kind: str) -> tuple[SlatePartition, SlateProbabilities]:
    slots = max((len(decision.slots) for decision in found), default=1)
    shape = (len(found), slots)
    reward, shown = np.zeros(shape), np.zeros(shape, dtype=bool)
    logged, even = np.ones(shape), np.ones(shape)
    for i, decision in enumerate(found):
        for j, slot in enumerate(decision.slots):
            shown[i, j] = True
            reward[i, j] = slot.reward
            logged[i, j] = min(slot.probabilities[0], 1.0)
            even[i, j] = 1.0 / len(slot.arms)
        if kind == "slates":
            # one reward for the whole page: it counts where all slots are weighed, below the last one
            reward[i, len(decision.slots) - 1] = decision.reward
    keep = np.array([decision.keep for decision in found])
    pages = SlatePartition(
        reward, _probabilities(logged, kind), shown=shown, keep=keep if (keep < 1).any() else None
    )
    return pages, _probabilities(even, kind)


def _probabilities(conditional: Floats, kind: str) -> SlateProbabilities:
    """From the probability of each slot given those above it; in slates no slot depends on another."""
    cascade: Floats = np.cumprod(conditional, axis=1, dtype=np.float64)
    return SlateProbabilities(
        joint=cascade[:, -1], slot=conditional if kind == "slates" else None, cascade=cascade
    )

# SPDX-License-Identifier: Apache-2.0
"""Logs of pages from dsjson: ccb, where arms are drawn slot by slot, and slates, with one reward a page."""

from __future__ import annotations

from pathlib import Path

from bandit.errors import Invalid
from simulator.logs.decision_json import Decision, SlotOutcome, decisions
from simulator.logs.finding import Finding
from simulator.logs.pages import Page, SlateLog
from simulator.logs.partition import ROUNDING
from simulator.logs.rows import BrokenLine


def read_slate_json(path: Path) -> SlateLog:
    """Open a dsjson log of pages.

    Raises:
        Invalid: no line is a decision of several slots, or the file mixes ccb with slates.
    """
    broken: list[BrokenLine] = []
    skipped: dict[str, int] = {}
    found = [decision for decision in decisions(path, broken, skipped) if decision.kind != "cb"]
    if not found:
        why = f"; the first line that could not be read: {broken[0].why}" if broken else ""
        raise Invalid(f"log: got no decisions of several slots in {path.name}{why}", field="log")
    kinds = {decision.kind for decision in found}
    if len(kinds) > 1:
        raise Invalid("log: got ccb and slates in one file; allowed one kind", field="log")
    fine = [
        decision for decision in found if all(_possible(slot.probabilities[0]) for slot in decision.slots)
    ]
    agreed = [one for one in fine if all(_agreed(slot) for slot in one.slots)]
    kind, told = kinds.pop(), len(fine) - len(agreed)
    contradicted = Finding("propensity differs from its vector", told, "in a slot of the page", True)
    return SlateLog(
        kind,
        [_page(one, kind) for one in agreed],
        tuple(broken),
        len(found) - len(fine),
        skipped,
        (contradicted,) if told else (),
    )


def _agreed(slot: SlotOutcome) -> bool:
    return abs(slot.stated - slot.probabilities[0]) <= ROUNDING


def _possible(p: float) -> bool:
    return 0 < p <= 1 + 1e-6


def _page(decision: Decision, kind: str) -> Page:
    rewards = [slot.reward for slot in decision.slots]
    if kind == "slates":
        # one reward for the whole page: it counts where all slots are weighed, below the last one
        rewards[-1] = decision.reward
    return Page(
        # arms count from 1, as in logs of one slot
        arms=tuple(tuple(str(arm + 1) for arm in slot.arms) for slot in decision.slots),
        propensities=tuple(slot.probabilities[0] for slot in decision.slots),
        rewards=tuple(rewards),
        keep=decision.keep,
    )

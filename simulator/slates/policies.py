# SPDX-License-Identifier: Apache-2.0
"""Policies for whole pages: how probable each makes the arm that a slot shows, given what it could show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bandit.errors import Invalid
from simulator.logs.columns import number
from simulator.targets import parse_spec
from simulator.targets.table import Table

# between the arms of a ranking, as they may hold commas no more than other values may
JOINED = "+"


class PagePolicy(Protocol):
    """A stationary policy that fills slots from the first to the last, without looking at the context."""

    def chance(self, slot: int, arms: Sequence[str]) -> float:
        """The probability of `arms[0]` in a slot that could show any of `arms`: those not placed above."""
        ...


@dataclass(frozen=True, slots=True)
class UniformPages:
    """Every arm that could be shown alike."""

    def chance(self, slot: int, arms: Sequence[str]) -> float:
        """One over their number."""
        del slot
        return 1.0 / len(arms)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The first arm of an order that could be shown, mixed with a uniform share; any where none is listed.

    Args:
        order: the arms, best first.
        epsilon: the share that is spread over all arms which could be shown.
    """

    order: Mapping[str, int]
    epsilon: float

    def chance(self, slot: int, arms: Sequence[str]) -> float:
        """`1 - epsilon` for the best, `epsilon` for all."""
        del slot
        last = len(self.order)
        ranks = [self.order.get(arm, last) for arm in arms]
        best = min(ranks)
        share = 1.0 / ranks.count(best) if ranks[0] == best else 0.0
        return (1 - self.epsilon) * share + self.epsilon / len(arms)


@dataclass(frozen=True, slots=True)
class Weighted:
    """Draws without replacement, each arm in proportion to its weight (Plackett 1975, Luce 1959).

    Args:
        slots: slot to arm to weight; slot None stands for all slots.
    """

    slots: Mapping[int | None, Mapping[str, float]]

    def chance(self, slot: int, arms: Sequence[str]) -> float:
        """The weight of the first over that of all."""
        weights = self.slots.get(slot, self.slots.get(None))
        if weights is None:
            raise Invalid(f"policy table: got no slot {slot}; the log has it", field="policy")
        whole = sum(weights.get(arm, 0.0) for arm in arms)
        if whole <= 0:
            raise Invalid(
                f"policy table: got no weight for any of {', '.join(arms[:5])} in slot {slot}", field="policy"
            )
        return weights.get(arms[0], 0.0) / whole


def _uniform(given: Mapping[str, str]) -> PagePolicy:
    del given
    return UniformPages()


def _ranking(given: Mapping[str, str]) -> PagePolicy:
    order = given["arms"].split(JOINED)
    if len(set(order)) < len(order) or not all(order):
        raise Invalid(f"arms: got {given['arms']!r}; allowed arm{JOINED}arm, each once", field="arms")
    epsilon = number(given.get("epsilon", "0"))
    if not 0 <= epsilon <= 1:
        raise Invalid(f"epsilon: got {given['epsilon']!r}; allowed 0 to 1", field="epsilon")
    return Ranking({arm: rank for rank, arm in enumerate(order)}, epsilon)


def _table(given: Mapping[str, str]) -> PagePolicy:
    return Weighted(Table.read(Path(given["file"]), label="table").slots)


# kind: the settings that it takes, those that it must have, and how it is made
PAGE_POLICIES: dict[str, tuple[frozenset[str], frozenset[str], Callable[[Mapping[str, str]], PagePolicy]]] = {
    "uniform": (frozenset(), frozenset(), _uniform),
    "ranking": (frozenset({"arms", "epsilon"}), frozenset({"arms"}), _ranking),
    "table": (frozenset({"file"}), frozenset({"file"}), _table),
}


def build_page_policy(text: str) -> PagePolicy:
    """A policy from its text; raise Invalid for an unknown kind or setting, `logged` included."""
    kind, settings = parse_spec(text)
    if kind not in PAGE_POLICIES:
        known = ", ".join(sorted([*PAGE_POLICIES, "logged"]))
        raise Invalid(f"policy: got {kind!r}; allowed for logs of pages: {known}", field="policy")
    allowed, wanted, make = PAGE_POLICIES[kind]
    for name in settings:
        if name not in allowed:
            known = ", ".join(sorted(allowed)) or "no settings"
            raise Invalid(f"policy {kind}: got {name!r}; allowed {known}", field=name)
    for name in sorted(wanted - set(settings)):
        raise Invalid(f"policy {kind}: got no {name}; allowed {kind}:{name}=...", field=name)
    return make(settings)

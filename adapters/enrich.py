# SPDX-License-Identifier: Apache-2.0
"""The whole context of a request: all adapters of a placement, and no more than the visitor agreed to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from adapters import ADAPTERS
from adapters.consent import KEY, ConsentRules
from adapters.declared import Declaration
from adapters.place import RESOLVED, Places
from adapters.protocol import Adapter, Field, Purpose, Value

Status = Literal["known", "missing", "stale", "out_of_range", "no_consent"]
MOST_ANSWERS = 4096  # remembered by adapter, with their full names

# What callers send for adapters to read: raw, so it belongs into no log, whichever adapters are switched on.
RAW_INPUTS = frozenset(key for kind in ADAPTERS.values() for key in kind.inputs) | {KEY}
NO_RULES = ConsentRules()


class Known(NamedTuple):
    """What is known about a request.

    Args:
        values: by full name, `<adapter>.<field>`.
        denied: purposes without consent; nothing in `values` serves them or was derived from what does.
        doubtful: full names of values that an adapter gave out of their declaration.
    """

    values: dict[str, Value]
    denied: frozenset[Purpose]
    doubtful: frozenset[str]


@dataclass(frozen=True, slots=True)
class Explained:
    """One field, and why it is not known; `reason` is empty where it is."""

    field: str
    value: Value | None
    status: Status
    reason: str


class Enricher:
    """The adapters that feed a placement, as one.

    Args:
        adapters: in the order in which their fields shall come.
        places: tells the place of a request, once for all adapters.
        rules: of consent.
    """

    def __init__(
        self, adapters: Sequence[Adapter], *, places: Places, rules: ConsentRules = NO_RULES
    ) -> None:
        self.places = places
        self.adapters = list(adapters)
        self.rules = rules
        self.failures: Counter[str] = Counter()  # by adapter: how often it raised
        self.declared: dict[str, Field] = {
            f"{adapter.name}.{field.name}": field for adapter in self.adapters for field in adapter.fields
        }
        self._purpose_of = {
            key: purpose for adapter in self.adapters for key, purpose in adapter.inputs.items()
        }
        self._plans: dict[frozenset[Purpose], list[_Plan]] = {}

    def known(self, request: Mapping[str, object], *, at: datetime, gpc: bool = False) -> Known:
        """Ask all adapters; reads memory only, never waits.

        Args: gpc: whether the visitor's browser itself sent Global Privacy Control with this request.
        """
        denied = self.rules.denied(request, gpc=gpc)
        allowed = self._allowed(request, denied)
        values: dict[str, Value] = {}
        doubtful: list[str] = []
        for plan in self._plan(denied):
            try:
                full, doubts = plan.named(plan.adapter.features(allowed, at=at))
            except Exception:  # noqa: BLE001 (counted: its fields are missing, not the answer)
                self.failures[plan.adapter.name] += 1
                continue
            values |= full
            doubtful += doubts
        return Known(values, denied, frozenset(doubtful))

    def statuses(self, known: Known) -> dict[str, Status]:
        """How good each declared field is; one that is not `known` is not as it should be."""
        return {name: self._status(name, field, known) for name, field in self.declared.items()}

    def explain(self, request: Mapping[str, object], *, at: datetime, gpc: bool = False) -> list[Explained]:
        """Every declared field with its value, or with the reason why it has none."""
        known = self.known(request, at=at, gpc=gpc)
        allowed = self._allowed(request, known.denied)
        reasons = {adapter.name: adapter.why_missing(allowed, at=at) for adapter in self.adapters}
        rows = []
        for name, status in self.statuses(known).items():
            value, reason = known.values.get(name), ""
            if status == "no_consent":
                reason = f"no consent to {self.declared[name].purpose}"
            elif value is None:
                reason = reasons[name.partition(".")[0]]
            rows.append(Explained(name, value, status, reason))
        return rows

    def _allowed(self, request: Mapping[str, object], denied: frozenset[Purpose]) -> dict[str, object]:
        """What the adapters may see: their inputs as far as there is consent, and the place made of those."""
        purpose_of = self._purpose_of
        allowed = {
            key: request[key] for key in purpose_of if key in request and purpose_of[key] not in denied
        }
        allowed[RESOLVED] = self.places.place(allowed)
        return allowed

    def _plan(self, denied: frozenset[Purpose]) -> list[_Plan]:
        plans = self._plans.get(denied)
        if plans is None:
            plans = self._plans[denied] = [_Plan(adapter, denied) for adapter in self.adapters]
        return plans

    def _status(self, name: str, field: Field, known: Known) -> Status:
        if field.purpose in known.denied:
            return "no_consent"
        state = known.values.get(f"{name.partition('.')[0]}.state")
        if name in known.doubtful or (state == "out_of_range" and name not in known.values):
            return "out_of_range"
        if name not in known.values:
            return "missing"
        return "stale" if state == "stale" else "known"


class _Plan:
    """One adapter under one set of denied purposes, with its answers by full name.

    Adapters answer from memos, so that the same object comes again and again: it is named and checked once.
    """

    def __init__(self, adapter: Adapter, denied: frozenset[Purpose]) -> None:
        self.adapter = adapter
        self._declaration = Declaration(
            adapter.name, [field for field in adapter.fields if field.purpose not in denied]
        )
        self._named: dict[int, tuple[Mapping[str, Value], dict[str, Value], list[str]]] = {}

    def named(self, found: Mapping[str, Value]) -> tuple[dict[str, Value], list[str]]:
        """The answer under full names, held to its declaration, and what was not in order."""
        entry = self._named.get(id(found))
        if entry is None:
            values, doubtful = self._declaration.hold(found)
            if len(self._named) >= MOST_ANSWERS:
                self._named.clear()
            # The answer is kept with its names: while it lives, nothing else can have its id.
            entry = self._named[id(found)] = (found, values, doubtful)
        return entry[1], entry[2]

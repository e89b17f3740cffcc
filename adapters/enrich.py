# SPDX-License-Identifier: Apache-2.0
"""The whole context of a request: all adapters of a placement, and no more than the visitor agreed to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adapters import ADAPTERS
from adapters.answer import Nothing
from adapters.consent import KEY, ConsentRules
from adapters.device import refused as refused_device
from adapters.known import Answers, Known
from adapters.location import Location
from adapters.place import RESOLVED, Place, Places
from adapters.protocol import Adapter, Field, Purpose, Value
from adapters.topics import TAGS, Tags

Status = Literal["known", "missing", "stale", "out_of_range", "no_consent"]

# What callers send for adapters to read: raw, so it belongs into no log, whichever adapters are switched on.
RAW_INPUTS = frozenset(key for kind in ADAPTERS.values() for key in kind.inputs) | {KEY}
NO_RULES = ConsentRules()
FAILED = Nothing("failed")
LOCATION = Location.name


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
        self.counts: Counter[tuple[str, str]] = (
            Counter()
        )  # by adapter and state: how often it was not at its best
        self.declared: dict[str, Field] = {
            f"{adapter.name}.{field.name}": field for adapter in self.adapters for field in adapter.fields
        }
        self._purpose_of = {
            key: purpose for adapter in self.adapters for key, purpose in adapter.inputs.items()
        }
        self._answers: dict[frozenset[Purpose], Answers] = {}

    def known(
        self, request: Mapping[str, object], *, at: datetime, gpc: bool = False, tags: Tags | None = None
    ) -> Known:
        """Ask all adapters; reads memory only, never waits.

        Args:
            gpc: whether the visitor's browser itself sent Global Privacy Control with this request.
            tags: of the arms that may be shown, for what is in the air.
        """
        denied = self.rules.denied(request, gpc=gpc)
        allowed = self._allowed(request, denied)
        if tags is not None:
            allowed[TAGS] = tags
        answers = self._answers.get(denied)
        if answers is None:
            answers = self._answers[denied] = Answers(self.adapters, denied)
        try:
            found = [features(allowed, at=at) for features in answers.calls]
        except Exception:  # noqa: BLE001 (asked again one by one, and counted)
            found = [self._guarded(adapter, allowed, at) for adapter in self.adapters]
        known = answers.known(found)
        place = allowed[RESOLVED]
        if isinstance(place, Place) and place.refused:
            # Said of the place whether or not it is a feature: weather and the time of day follow it too.
            known = known._replace(states={**known.states, LOCATION: "refused"})
        if known.states:
            for state in known.states.items():
                self.counts[state] += 1
        return known

    def statuses(self, known: Known) -> dict[str, Status]:
        """How good each declared field is; one that is not `known` is not as it should be."""
        return {name: self._status(name, field, known) for name, field in self.declared.items()}

    def explain(
        self, request: Mapping[str, object], *, at: datetime, gpc: bool = False, tags: Tags | None = None
    ) -> list[Explained]:
        """Every declared field with its value, or with the reason why it has none; see `known`."""
        known = self.known(request, at=at, gpc=gpc, tags=tags)
        allowed = self._allowed(request, known.denied)
        if tags is not None:
            allowed[TAGS] = tags
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

    def refused(self, request: Mapping[str, object], *, gpc: bool = False) -> dict[str, str]:
        """What of the request cannot be used, and why, by the name of the input; see `known`."""
        allowed = self._allowed(request, self.rules.denied(request, gpc=gpc))
        place = self.places.refused({name: value for name, value in allowed.items() if name != RESOLVED})
        return {**place, **refused_device(allowed.get("device"))}

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong with sources at present, by adapter, for operators."""
        return {adapter.name: adapter.problem for adapter in self.adapters if adapter.problem}

    def _allowed(self, request: Mapping[str, object], denied: frozenset[Purpose]) -> dict[str, object]:
        """What the adapters may see: their inputs as far as there is consent, and the place made of those."""
        purpose_of = self._purpose_of
        allowed = {
            key: request[key] for key in purpose_of if key in request and purpose_of[key] not in denied
        }
        allowed[RESOLVED] = self.places.place(allowed)
        return allowed

    def _guarded(self, adapter: Adapter, allowed: Mapping[str, object], at: datetime) -> Mapping[str, Value]:
        try:
            return adapter.features(allowed, at=at)
        except Exception:  # noqa: BLE001 (counted: its fields are missing, not the answer)
            self.failures[adapter.name] += 1
            return FAILED

    def _status(self, name: str, field: Field, known: Known) -> Status:
        if field.purpose in known.denied:
            return "no_consent"
        state = known.values.get(f"{name.partition('.')[0]}.state")
        if name in known.doubtful or (state == "out_of_range" and name not in known.values):
            return "out_of_range"
        if name not in known.values:
            return "missing"
        return "stale" if state == "stale" else "known"

# SPDX-License-Identifier: Apache-2.0
"""How good the context of a placement was: missing, stale, out of range, never seen, moved from its past."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.protocol import Field, Value
from adapters.stability import moved_limit, stability_index

BINS = 10  # of a number's declared range
MOST_LEVELS = 64  # counted one by one in a day, of a category without declared levels
OTHER = "(other)"
Observed = Value | tuple[str, ...]
"""A value, or the levels of a field that may have several."""
NEW_DAYS, PAST_DAYS = 7, 28  # the last week against the four weeks before it
ENOUGH = 200  # values on either side, below which nothing is said about a move


@dataclass(slots=True)
class Day:
    """What one field was like on one day."""

    statuses: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldQuality:
    """What one field was like lately, as shares of the requests that were looked at; `index` is the PSI."""

    field: str
    requests: int
    missing: float
    stale: float
    out_of_range: float
    no_consent: float
    never_seen: float
    index: float | None
    moved: bool


class QualityReport:
    """Counts per field and day; memory is bounded by fields, days and levels, whatever the traffic."""

    def __init__(self, declared: Mapping[str, Field], *, every: int = 1) -> None:
        """Args: declared: fields by full name; every: look at one request in so many."""
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise ValueError(f"every: got {every!r}; allowed 1 or more")
        self._declared = dict(declared)
        self._every = every
        self._seen = 0
        self._days: defaultdict[str, dict[int, Day]] = defaultdict(dict)

    def add(self, values: Mapping[str, Observed], statuses: Mapping[str, str], *, day: int) -> None:
        """Count one request.

        Args: values, statuses: by full name; day: since 1970-01-01 UTC.
        """
        self._seen += 1
        if self._seen % self._every:
            return
        for name, declared in self._declared.items():
            days = self._days[name]
            counts = days.get(day)
            if counts is None:
                counts = days[day] = Day()
                for old in [each for each in days if each <= max(days) - NEW_DAYS - PAST_DAYS]:
                    del days[old]
            counts.statuses[statuses.get(name, "missing")] += 1
            value = values.get(name)
            for each in value if isinstance(value, tuple) else () if value is None else (value,):
                counts.values[_bin(declared, each, counts.values)] += 1

    def fields(self, *, day: int) -> list[FieldQuality]:
        """The report as of a day: its week, against the four weeks before."""
        return [self._field(name, day) for name in self._declared]

    def _field(self, name: str, day: int) -> FieldQuality:
        statuses, values, past = Counter[str](), Counter[str](), Counter[str]()
        for when, counts in self._days[name].items():
            if day - NEW_DAYS < when <= day:
                statuses += counts.statuses
                values += counts.values
            elif day - NEW_DAYS - PAST_DAYS < when <= day - NEW_DAYS:
                past += counts.values
        requests = statuses.total()
        enough = min(past.total(), values.total()) >= ENOUGH
        index = stability_index(past, values) if enough else None
        limit = moved_limit(past, values)
        new = sum(count for each, count in values.items() if each not in past and each != OTHER)
        return FieldQuality(
            field=name,
            requests=requests,
            missing=_share(statuses["missing"], requests),
            stale=_share(statuses["stale"], requests),
            out_of_range=_share(statuses["out_of_range"], requests),
            no_consent=_share(statuses["no_consent"], requests),
            never_seen=_share(new, values.total()) if enough else 0.0,
            index=index,
            moved=index is not None and limit is not None and index > limit,
        )


def _bin(declared: Field, value: Value, counted: Counter[str]) -> str:
    if isinstance(value, str):
        return value if value in counted or declared.levels or len(counted) < MOST_LEVELS else OTHER
    share = (value - declared.low) / (declared.high - declared.low)
    return str(min(max(int(share * BINS), 0), BINS - 1))


def _share(count: int, of: int) -> float:
    return count / of if of else 0.0

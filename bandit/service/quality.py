# SPDX-License-Identifier: Apache-2.0
"""How good a placement's context was: read from the decisions in the log, so that a restart forgets nothing.

Of a long log a part is looked at: blocks of records spread evenly over the last week and the four before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from adapters.protocol import Field
from adapters.quality import NEW_DAYS, PAST_DAYS, FieldQuality, Observed, QualityReport
from bandit.core.events import Decided, day_of
from bandit.core.schema import FieldSpec
from bandit.core.values import Value, level_of
from bandit.log.base import Record

BLOCK = 64  # records read at once
MOST_BLOCKS = 192  # of each of the two spans
ENOUGH = 2_000  # decisions of the placement in a span, after which no further block is read
DAY_S = 86_400.0
_GOLDEN = 0.6180339887498949

Read = Callable[[int, int], list[Record]]
"""Gives the records that follow a position, at most so many."""


class PlacementQuality(msgspec.Struct, frozen=True, kw_only=True):
    """How good the context was in the last seven days.

    Args:
        decisions: that were looked at, of the last seven days; past: of the four weeks before.
        since: when the oldest of them was made, in Unix seconds.
        states: by adapter, the share of these decisions in each state that is not its best.
        warnings: what should be looked into.
        fields: each declared field.
    """

    placement: str
    decisions: int
    past: int
    since: float | None
    states: dict[str, dict[str, float]]
    warnings: list[str]
    fields: list[FieldQuality]


class Kept(NamedTuple):
    """A field whose values stand in decisions.

    Args: of_adapter: whether an adapter fills it; multiple: whether it may have several levels at once.
    """

    declared: Field
    of_adapter: bool
    multiple: bool = False


def kept_fields(adapters: Mapping[str, Field], schema: Mapping[str, FieldSpec | None]) -> dict[str, Kept]:
    """The fields that decisions of a placement keep, by full name.

    Args:
        adapters: the fields of its adapters; schema: those that it declares itself, if any.
    """
    if not schema:
        return {name: Kept(field, True) for name, field in adapters.items()}
    return {
        name: Kept(adapters.get(name) or _field(name, spec), name in adapters, spec.multiple)
        for name, spec in schema.items()
        if spec is not None
    }


def _field(name: str, spec: FieldSpec) -> Field:
    low, high = spec.range
    return Field(name=name, kind=spec.kind, levels=spec.levels, low=low, high=high)


def placement_quality(
    name: str, kept: Mapping[str, Kept], read: Read, *, head: int, now: float
) -> PlacementQuality:
    """The report of a placement as of `now`, from the log up to position `head`."""
    report = QualityReport({field: each.declared for field, each in kept.items()})
    today = day_of(now)
    new = _first_since((today + 1 - NEW_DAYS) * DAY_S, read, head=head)
    old = _first_since((today + 1 - NEW_DAYS - PAST_DAYS) * DAY_S, read, head=head)
    states: Counter[tuple[str, str]] = Counter()
    counts = [0, 0]
    since: float | None = None
    for span, (after, until) in enumerate([(new - 1, head), (old - 1, new - 1)]):
        for decided in _decisions(name, read, after=after, until=until):
            report.add(*_judged(decided, kept), day=day_of(decided.at))
            counts[span] += 1
            since = decided.at if since is None else min(since, decided.at)
            if span == 0:
                states.update(decided.sources.items())
    fields = report.fields(day=today)
    shares: dict[str, dict[str, float]] = {}
    for (adapter, state), count in sorted(states.items()):
        shares.setdefault(adapter, {})[state] = count / counts[0]
    return PlacementQuality(
        placement=name,
        decisions=counts[0],
        past=counts[1],
        since=since,
        states=shares,
        warnings=[
            f"{each.field}: its distribution has moved away from the four weeks before (PSI {each.index:.2f})"
            for each in fields
            if each.moved
        ],
        fields=fields,
    )


def _judged(decided: Decided, kept: Mapping[str, Kept]) -> tuple[dict[str, Observed], dict[str, str]]:
    """The values of a decision's fields, and how good each is."""
    values: dict[str, Observed] = {}
    statuses = {}
    for name, each in kept.items():
        value = decided.context.get(name)
        if value is not None:
            values[name] = _as_declared(value, each.declared, multiple=each.multiple)
        state = decided.sources.get(name.partition(".")[0], "") if each.of_adapter else ""
        statuses[name] = _status(each.declared, values.get(name), state=state, multiple=each.multiple)
    return values, statuses


def fits(value: Value, spec: FieldSpec) -> bool:
    """Whether a value is one that the declaration of its field allows."""
    declared = _field("", spec)
    seen = _as_declared(value, declared, multiple=spec.multiple)
    return _status(declared, seen, state="", multiple=spec.multiple) == "known"


def _as_declared(value: Value, declared: Field, *, multiple: bool) -> Observed:
    """A value as the vector sees it: numbers are levels where a category is declared."""
    if isinstance(value, tuple):
        return value if multiple or len(value) != 1 else value[0]
    return value if declared.kind == "number" and not isinstance(value, bool) else level_of(value)


def _status(declared: Field, value: Observed | None, *, state: str, multiple: bool) -> str:
    if value is None:
        if state == "no_consent" and declared.purpose != "functional":
            return "no_consent"
        return "out_of_range" if state == "out_of_range" else "missing"
    if state == "stale":
        return "stale"
    if isinstance(value, tuple):
        fits = multiple and all(level in declared.levels for level in value)
    elif declared.kind == "category":
        fits = not declared.levels or value in declared.levels
    else:
        fits = isinstance(value, float) and declared.low <= value <= declared.high
    return "known" if fits else "out_of_range"


def _first_since(at: float, read: Read, *, head: int) -> int:
    """The first position whose record is not older than `at`, one past the head if there is none."""
    low, high = 1, head + 1
    while low < high:
        middle = (low + high) // 2
        if read(middle - 1, 1)[0].event.at < at:
            low = middle + 1
        else:
            high = middle
    return low


def _decisions(name: str, read: Read, *, after: int, until: int) -> Iterator[Decided]:
    """A placement's decisions between two positions: all of them, or enough from all over."""
    found = 0
    for start in _starts(after, until):
        for record in read(start, min(BLOCK, until - start)):
            if isinstance(record.event, Decided) and record.event.placement == name:
                found += 1
                yield record.event
        if found >= ENOUGH:
            return


def _starts(after: int, until: int) -> Iterator[int]:
    """Where blocks begin, in an order in which any first few lie evenly; a short log is read whole."""
    count = -(-(until - after) // BLOCK)
    if count <= MOST_BLOCKS:
        blocks = sorted(range(count), key=lambda number: number * _GOLDEN % 1.0)
    else:
        blocks = list(dict.fromkeys(int(number * _GOLDEN % 1.0 * count) for number in range(MOST_BLOCKS)))
    for block in blocks:
        yield after + BLOCK * block

# SPDX-License-Identifier: Apache-2.0
"""Events of a calendar file, read one by one: each is as RFC 5545 wants it, or refused with a reason."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from adapters.calendar_rules import DAY_S, mend_rule, seconds_of
from adapters.calendar_text import Block, property_of
from adapters.timezones import OF_THE_SERVER

INSTANT_S = 1.0  # how long an event without an end is on
LONGEST = 100  # characters of a reason
SINGLE = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "STATUS")
TIMES = (*SINGLE, "RRULE", "RDATE", "EXDATE", "SEQUENCE")
DAYS = re.compile(r"[+-]?P(?:(\d+)W)?(?:(\d+)D)?(?:T.*)?", re.IGNORECASE)


class Length(NamedTuple):
    """How long each event of a series lasts.

    An end given as a time (DTEND) is as many seconds away for all of them. A DURATION of days is so many days
    on the clock of the event's time zone, whatever is done to that clock between (RFC 5545, 3.8.5.3).

    Args:
        days, seconds: to be added, days first.
        periods: seconds of those that have a length of their own, by when they begin.
    """

    days: int
    seconds: float
    periods: Mapping[float, float]

    def end(self, start: date) -> float:
        """When an event that begins at `start` is over, in seconds."""
        begins = seconds_of(start)
        if begins in self.periods:
            return begins + self.periods[begins]
        return max(seconds_of(start + timedelta(days=self.days)) + self.seconds, begins + INSTANT_S)


def read_event(block: Block, *, horizon: datetime) -> tuple[Any, Length]:
    """The event of a block with its rules in order, and how long it lasts.

    Args: horizon: how far the rules will be followed.

    Raises: ValueError, which says why it cannot be used.
    """
    if block.flaw:
        raise ValueError(block.flaw)
    event = importlib.import_module("icalendar").Event.from_ical(block.text)
    for line in unread_lines(block, event):
        if property_of(line) in TIMES:
            raise ValueError(f"{shown(line)} cannot be read")
    if "DTSTART" not in event:
        raise ValueError("it has no DTSTART")
    for name in SINGLE:
        if isinstance(event.get(name), list):
            raise ValueError(f"it has {len(event[name])} {name}, allowed one")  # noqa: TRY004 (its value)
    for moment in _moments(event):
        _check_zone(moment)
    length = _length(event, block)
    for rule in _all(event, "RRULE"):
        mend_rule(rule, event["DTSTART"].dt, horizon=horizon)
    return event, length


def unread_lines(block: Block, event: Any) -> Iterator[str]:
    """The lines of which the package could make nothing."""
    names = {name for name, _ in event.errors if name}
    for line in block.lines:
        if property_of(line) in names or not re.match(r"[A-Za-z0-9-]+[;:]", line):
            yield line


def is_cancelled(event: Any) -> bool:
    """Whether an event, or one of a series, does not take place after all."""
    return str(event.get("STATUS", "")).strip().upper() == "CANCELLED"


def shown(text: str) -> str:
    """A part of the file as it may stand in a message of one line."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in text)
    return repr(clean if len(clean) <= LONGEST else clean[:LONGEST] + "...")


def _kind(moment: date) -> str:
    if not isinstance(moment, datetime):
        return "a date"
    return "a time with a zone" if moment.tzinfo else "a time without a zone"


def _moments(event: Any) -> Iterator[Any]:
    for name in ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"):
        yield from _all(event, name)


def _all(event: Any, name: str) -> list[Any]:
    """A property that may be given several times, or not at all."""
    found = event.get(name, [])
    return found if isinstance(found, list) else [found]


def _check_zone(moment: Any) -> None:
    zone = str(moment.params.get("TZID", ""))
    values = [each.dt for each in getattr(moment, "dts", [moment])]
    times = [each[0] if isinstance(each, tuple) else each for each in values]
    lost = any(isinstance(each, datetime) and each.tzinfo is None for each in times)
    if zone and (lost or zone.strip("/") == OF_THE_SERVER):
        raise ValueError(f"the time zone {shown(zone)} is not known")


def _length(event: Any, block: Block) -> Length:
    start, periods = event["DTSTART"].dt, dict(_periods(event))
    if "DTEND" in event:
        end = event["DTEND"].dt
        if _kind(end) != _kind(start):
            raise ValueError(f"DTEND is {_kind(end)}, DTSTART {_kind(start)}")
        if seconds_of(end) < seconds_of(start):
            raise ValueError("DTEND is before DTSTART")
        return Length(0, seconds_of(end) - seconds_of(start) or _least(start), periods)
    if "DURATION" not in event:
        return Length(0, _least(start), periods)
    given, text = event["DURATION"].dt, block.value("DURATION")
    written = DAYS.fullmatch(text)
    if written is None or not isinstance(given, timedelta) or given < timedelta(0):
        raise ValueError(f"DURATION is {shown(text)}, allowed 0 or more")
    days = 7 * int(written[1] or 0) + int(written[2] or 0)
    seconds = (given - timedelta(days=days)).total_seconds()
    return Length(days, seconds if given else _least(start), periods)


def _periods(event: Any) -> Iterator[tuple[float, float]]:
    """When the dates of an event that have a length of their own begin, and how many seconds they last."""
    for given in _all(event, "RDATE"):
        for each in given.dts:
            if isinstance(each.dt, tuple):
                begins, end = each.dt
                lasts = end if isinstance(end, timedelta) else end - begins
                yield seconds_of(begins), lasts.total_seconds()


def _least(start: date) -> float:
    """How long an event lasts that says nothing about it: a day, or an instant."""
    return INSTANT_S if isinstance(start, datetime) else DAY_S

# SPDX-License-Identifier: Apache-2.0
"""Marketers' own calendars: ICS files (RFC 5545), recurrences and exceptions included, around today."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.intervals import Interval, Intervals

HORIZON_DAYS = 92
FIRST_LOOK = timedelta(hours=1)
MOST_EVENTS = 5000
MOST_BYTES = 4_194_304
LONGEST_NAME = 48
DAY_S = 86_400.0
INSTALL = "pip install 'slotwise[calendar]'"


class EventCalendar:
    """One file, read anew by `reload` when it or the day has changed.

    An event with a time zone is an instant for all (`absolute`, seconds since 1970); an all-day event, or one
    without a zone, is the same wall time everywhere (`local`, seconds on the visitor's wall clock).
    """

    def __init__(self, name: str, path: str) -> None:
        """Load the packages; the file is read by `reload`."""
        try:
            self._icalendar: Any = importlib.import_module("icalendar")
            self._recurring: Any = importlib.import_module("recurring_ical_events")
        except ImportError as error:
            raise ValueError(f"context.holidays.calendars: needs {error.name}; {INSTALL}") from None
        self.name = name
        self.problem = "the calendar has not been read yet"
        self.known = False
        self.absolute, self.local = Intervals(), Intervals()
        self._path = Path(path)
        self._tried: tuple[int, int, date] | None = None

    def reload(self, *, now: datetime) -> bool:
        """Take over the file if it or the day is new. Blocks on the disk; a bad file changes nothing."""
        try:
            status = self._path.stat()
            reading = (status.st_mtime_ns, status.st_size, now.date())
            if reading == self._tried:
                return False
            self._tried = reading
            if status.st_size > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES} bytes")
            absolute, local = self._expand(self._path.read_bytes(), now)
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            ArithmeticError,
            LookupError,
        ) as error:
            self.problem = f"the calendar {self.name} cannot be read: {type(error).__name__}"
            return False
        self.absolute, self.local = Intervals(absolute), Intervals(local)
        self.known, self.problem = True, ""
        return True

    def _expand(self, data: bytes, now: datetime) -> tuple[set[Interval], set[Interval]]:
        """Those with a time zone, and those without."""
        calendar = self._icalendar.Calendar.from_ical(data)
        for event in calendar.walk("VEVENT"):
            rules = event.get("RRULE", ())
            for rule in rules if isinstance(rules, list) else [rules]:
                if rule and _times_a_day(rule) > 24:
                    raise ValueError("a rule repeats more often than hourly")
        query = self._recurring.of(calendar)
        begin, last = now - timedelta(days=HORIZON_DAYS), now + timedelta(days=HORIZON_DAYS)
        found: dict[bool, set[Interval]] = {True: set(), False: set()}
        span = FIRST_LOOK
        # In stretches that grow, so that a calendar with too much in it is given up early. The package has
        # `after` for that, which looks only a quarter of an hour further at a time while an event is on.
        while begin < last:
            end = min(begin + span, last)
            for event in query.between(begin, end):
                floating, interval = _interval(event)
                found[floating].add(interval)
            if sum(map(len, found.values())) > MOST_EVENTS:
                raise ValueError(f"more than {MOST_EVENTS} events in {2 * HORIZON_DAYS} days")
            begin, span = end, 2 * span
        return found[False], found[True]


def _times_a_day(rule: Mapping[str, Any]) -> int:
    """How often a recurrence rule makes an event begin on a day with most of them (RFC 5545, 3.3.10)."""
    frequency = str(rule["FREQ"][0]).upper() if rule.get("FREQ") else ""
    if frequency in ("SECONDLY", "MINUTELY"):
        return 1440
    hours = len(rule.get("BYHOUR", ())) or (24 if frequency == "HOURLY" else 1)
    return hours * max(1, len(rule.get("BYMINUTE", ()))) * max(1, len(rule.get("BYSECOND", ())))


def _interval(event: Any) -> tuple[bool, Interval]:
    """When an event is on, and whether that is a time on everybody's own clock."""
    start = event["DTSTART"].dt
    begins, ends = _seconds(start), _seconds(event["DTEND"].dt if "DTEND" in event else start)
    if ends <= begins:  # no end given: a day lasts a day, an instant lasts until the next second
        ends = begins + (1.0 if isinstance(start, datetime) else DAY_S)
    floating = not isinstance(start, datetime) or start.tzinfo is None
    return floating, Interval(begins, ends, level(event.get("SUMMARY", "")))


def _seconds(moment: date) -> float:
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def level(summary: object) -> str:
    """An event's title as a level: lower case, words joined by hyphens."""
    words = "".join(char if char.isalnum() else " " for char in str(summary).lower()).split()
    return "-".join(words)[:LONGEST_NAME].rstrip("-") or "unnamed"

# SPDX-License-Identifier: Apache-2.0
"""Marketers' own calendars: ICS files (RFC 5545), recurrences and exceptions included, around today."""

from __future__ import annotations

import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from adapters.calendar_events import Length, is_cancelled, read_event, shown, unread_lines
from adapters.calendar_rules import seconds_of
from adapters.calendar_text import Block, CalendarText, calendars_of
from adapters.intervals import Interval, Intervals

HORIZON_DAYS = 92
FIRST_LOOK = timedelta(hours=1)
MOST_EVENTS = 5000
TOO_MANY = f"it has more than {MOST_EVENTS} events in {2 * HORIZON_DAYS} days"
MOST_BYTES = 4_194_304
MOST_NAMED = 5
LONGEST_NAME = 48
INSTALL = "pip install 'slotwise[calendar]'"
SOURCE = "X-SLOTWISE-SOURCE"  # in an event, and so in all that are made of it: its number among those read
COSTLY_ZONE = re.compile(r"^RRULE.*(FREQ=(?!YEARLY)|BYHOUR|BYMINUTE|BYSECOND)", re.IGNORECASE)
# What the packages raise for calendars that are wrong in ways that they do not look for.
BROKEN = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, LookupError)


_Occurrence = tuple[bool, Interval]
"""Whether it is on everybody's own clock, and when it is on."""


class _Source(NamedTuple):
    """An event as it stands in the file."""

    block: Block
    uid: str
    event: Any
    length: Length


class _TooMany(Exception):
    """A file has more in it than is kept."""


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
                raise ValueError(f"it has more than {MOST_BYTES} bytes")
            found, left_out = self._read(self._path.read_bytes(), now)
        except OSError as error:
            self.problem = f"the calendar {self.name} cannot be read: {type(error).__name__}"
            return False
        except (ValueError, _TooMany) as error:
            self.problem = f"the calendar {self.name} cannot be read: {error}"
            return False
        self.absolute, self.local = Intervals(found[False]), Intervals(found[True])
        self.known = True
        self.problem = f"the calendar {self.name} has bad parts: {_named(left_out)}" if left_out else ""
        return True

    def _read(self, data: bytes, now: datetime) -> tuple[dict[bool, list[Interval]], list[str]]:
        """What is on, by whether it is on everybody's own clock, and what is wrong with the rest."""
        self._icalendar.use_zoneinfo()  # and forgets the time zones that other files have defined
        found: set[_Occurrence] = set()
        wrong: list[str] = []
        events = good = 0
        for text in calendars_of(data):
            for zone in text.zones:
                self._learn_zone(zone, wrong)
            sources = self._sources(text, now, wrong)
            events, good = events + len(text.events), good + len(sources)
            found |= self._occurrences(text, sources, now, wrong)
            if len(found) > MOST_EVENTS:
                raise _TooMany(TOO_MANY)
        if events and not good:
            raise ValueError(f"it has no good event: {_named(wrong)}")
        return {kind: [on for floating, on in found if floating == kind] for kind in (False, True)}, wrong

    def _learn_zone(self, zone: Block, wrong: list[str]) -> None:
        try:
            if zone.flaw or any(COSTLY_ZONE.match(line) for line in zone.lines):
                raise ValueError(zone.flaw or "its clock is changed by more than yearly rules")
            self._icalendar.Timezone.from_ical(zone.text)
        except BROKEN as error:
            wrong.append(f"line {zone.line} (time zone {shown(zone.value('TZID'))}): {error}")

    def _sources(self, text: CalendarText, now: datetime, wrong: list[str]) -> list[_Source]:
        """The events of a calendar that can be used."""
        horizon = now + timedelta(days=HORIZON_DAYS)
        latest: dict[object, _Source] = {}
        for number, block in enumerate(text.events):
            uid = block.value("UID")
            try:
                event, length = read_event(block, horizon=horizon)
            except BROKEN as error:
                wrong.append(_of(block, str(error) or type(error).__name__))
                continue
            wrong.extend(
                _of(block, f"{shown(line)} cannot be read, the rest is used")
                for line in unread_lines(block, event)
            )
            source = _Source(block, uid, event, length)
            # The same event in several versions: the last one counts (RFC 5545, 3.8.7.4).
            instance = event["RECURRENCE-ID"].to_ical() if "RECURRENCE-ID" in event else b""
            key: object = (uid, instance) if uid else number
            other = latest.get(key)
            if other is not None and _version(other) > _version(source):
                continue
            if other is not None and _version(other) == _version(source):
                wrong.append(_of(block, f"line {other.block.line} is the same event, both are used"))
                # Two events that share a UID by mistake: with the same one the package would drop either.
                key, event["UID"] = number, f"{uid}#{number}"
            latest[key] = source
        return list(latest.values())

    def _occurrences(
        self, text: CalendarText, sources: list[_Source], now: datetime, wrong: list[str]
    ) -> set[_Occurrence]:
        """What the events of a calendar make of themselves; if that fails, series by series."""
        if text.properties.value("METHOD").upper() == "CANCEL":
            return set()
        try:
            return self._look(text, sources, now)
        except BROKEN:
            series: defaultdict[object, list[_Source]] = defaultdict(list)
        for number, source in enumerate(sources):
            series[source.uid or number].append(source)
        found: set[_Occurrence] = set()
        for each in series.values():
            try:
                found |= self._look(text, each, now)
            except BROKEN as error:
                wrong.append(_of(each[0].block, str(error) or type(error).__name__))
        return found

    def _look(self, text: CalendarText, sources: list[_Source], now: datetime) -> set[_Occurrence]:
        calendar = self._icalendar.Calendar()
        if zone := text.properties.value("X-WR-TIMEZONE"):
            calendar["X-WR-TIMEZONE"] = zone
        for number, source in enumerate(sources):
            source.event[SOURCE] = str(number)
            calendar.add_component(source.event)
        found: set[_Occurrence] = set()
        for event in self._between(self._recurring.of(calendar), now):
            if is_cancelled(event):
                continue
            start, length = event["DTSTART"].dt, sources[int(event[SOURCE])].length
            floating = not isinstance(start, datetime) or start.tzinfo is None
            title = event.get("SUMMARY", "")
            name = level(title[0] if isinstance(title, list) else title)
            found.add((floating, Interval(seconds_of(start), length.end(start), name)))
            if len(found) > MOST_EVENTS:
                raise _TooMany(TOO_MANY)
        return found

    @staticmethod
    def _between(query: Any, now: datetime) -> Iterator[Any]:
        """All events around now, in stretches that grow, so that what has too much in it is given up early.

        The package has `after` for that, which looks only a quarter of an hour further at a time while an
        event is on.
        """
        begin, last = now - timedelta(days=HORIZON_DAYS), now + timedelta(days=HORIZON_DAYS)
        span = FIRST_LOOK
        while begin < last:
            end = min(begin + span, last)
            yield from query.between(begin, end)
            begin, span = end, 2 * span


def _version(source: _Source) -> int:
    return int(source.event.get("SEQUENCE", 0))


def _of(block: Block, reason: str) -> str:
    return f"line {block.line} (UID {shown(block.value('UID'))}): {reason}"


def _named(wrong: list[str]) -> str:
    more = len(wrong) - MOST_NAMED
    return "; ".join(wrong[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")


def level(summary: object) -> str:
    """An event's title as a level: lower case, words joined by hyphens."""
    words = "".join(char if char.isalnum() else " " for char in str(summary).lower()).split()
    return "-".join(words)[:LONGEST_NAME].rstrip("-") or "unnamed"

# SPDX-License-Identifier: Apache-2.0
"""Special days: public holidays where the visitor is, and the events of the marketers' calendars."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar

from adapters.calendar_rules import DAY_S
from adapters.countries import KNOWN
from adapters.event_calendar import INSTALL, EventCalendar, level
from adapters.intervals import Interval, Intervals
from adapters.moment import seconds
from adapters.place import Place, Places, StatedPlaces
from adapters.protocol import Field, Purpose, Value
from adapters.timezones import timezones

FAR_DAYS = 60.0  # further away than this, a day is just an ordinary one
QUARTER_S = 900
YES_NO = ("yes", "no")

Region = tuple[str, str]  # country and region, the latter empty for the whole country


class Holidays:
    """Reads the place of a request for its country, region and time zone.

    Holidays of a region are worked out in the background when it is first asked for (or at the start, for
    `countries`); until then they are not known.
    """

    name: ClassVar[str] = "holidays"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="holiday", kind="category", levels=YES_NO, purpose="location"),
        Field(name="holiday_name", kind="category", purpose="location"),
        Field(name="holiday_days_to", kind="number", high=FAR_DAYS, unit="days", purpose="location"),
        Field(name="holiday_days_since", kind="number", high=FAR_DAYS, unit="days", purpose="location"),
        Field(name="in_event", kind="category", levels=YES_NO),
        Field(name="event", kind="category"),
        Field(name="event_days_to", kind="number", high=FAR_DAYS, unit="days"),
        Field(name="event_days_since", kind="number", high=FAR_DAYS, unit="days"),
    )
    inputs: ClassVar[Mapping[str, Purpose]] = {"location": "location", "time_zone": "location"}

    def __init__(
        self,
        *,
        countries: Sequence[str] = (),
        calendars: Mapping[str, str] | None = None,
        memo: int = 8192,
        places: Places | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the settings.

        Args:
            countries: codes whose holidays are worked out at the start.
            calendars: paths of ICS files by a name of yours.
            memo: how many combinations of region, zone and quarter of an hour are remembered.
            places: tells the place of a request; else what the caller states.
            clock: seconds since 1970.
        """
        self._installed = importlib.util.find_spec("holidays") is not None
        if countries and not self._installed:
            raise ValueError(f"context.holidays.countries: needs the package holidays; {INSTALL}")
        self._places = StatedPlaces() if places is None else places
        self._clock = clock
        self._regions: Mapping[str, frozenset[str]] = supported_regions() if countries else {}
        self._asked = False  # has anybody come from a country? Loading the regions takes half a second
        self._days: dict[Region, tuple[int, Intervals]] = {}
        self._wanted: set[Region] = set()
        self._calendars = [EventCalendar(name, path) for name, path in (calendars or {}).items()]
        self._describe = lru_cache(maxsize=memo)(self._describe_quarter)
        for country in countries:
            if country not in self._regions:
                raise ValueError(f"context.holidays.countries: got {country!r}; allowed codes like DE or US")
            self._learn((country, ""), self._now().year)
        for calendar in self._calendars:
            calendar.reload(now=self._now())

    def features(self, request: Mapping[str, object], *, at: datetime) -> Mapping[str, Value]:
        """See `adapters.protocol.Adapter`."""
        place = self._places.place(request)
        region = self._region(place)
        if region not in self._days and place.country:
            self._asked = True
            if place.country in self._regions:
                self._wanted.add(region)
        return self._describe(region, place.time_zone, int(seconds(at) // QUARTER_S))

    @property
    def problem(self) -> str:
        """See `adapters.protocol.Adapter`."""
        return "; ".join(calendar.problem for calendar in self._calendars if calendar.problem)

    def why_missing(self, request: Mapping[str, object], *, at: datetime) -> str:
        """See `adapters.protocol.Adapter`."""
        known = self.features(request, at=at)
        place = self._places.place(request)
        reasons = [self.problem] if self.problem else []
        if "holiday" not in known:
            if not self._installed:
                reasons.append(f"public holidays need {INSTALL}")
            elif not place.country:
                reasons.append("the country is not known")
            elif self._regions and place.country not in self._regions:
                reasons.append(f"no holidays of {place.country} are known")
            elif self._region(place) in self._days:
                reasons.append(f"no holidays are known for {place.country} around this date")
            else:
                reasons.append(f"the holidays of {place.country} have not been worked out yet")
        elif "holiday_name" not in known:
            reasons.append("today is no holiday")
        if "in_event" not in known:
            reasons.append("no calendar has been read")
        elif "event" not in known:
            reasons.append("no event is on")
        return "; ".join(reasons)

    async def refresh(self) -> None:
        """Work out the regions that were asked for, and read the calendars that have changed."""
        now = self._now()
        if self._asked and self._installed and not self._regions:
            self._regions = await asyncio.to_thread(supported_regions)
            return  # who is asked for is seen with the next requests
        outdated = {region for region, (year, _) in list(self._days.items()) if year != now.year}
        changed = False
        for region in sorted(self._wanted | outdated):
            await asyncio.to_thread(self._learn, region, now.year)
            changed = True
        self._wanted -= self._days.keys()
        for calendar in self._calendars:
            changed |= await asyncio.to_thread(calendar.reload, now=now)
        if changed:
            self._describe.cache_clear()

    def _region(self, place: Place) -> Region:
        # Only regions that have holidays of their own: callers' inventions must not fill the memory.
        return place.country, place.region if place.region in self._regions.get(place.country, ()) else ""

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _learn(self, region: Region, year: int) -> None:
        country, subdivision = region
        package = importlib.import_module("holidays")
        # Without a language the package takes that of the server's environment, and names are learned.
        found = package.country_holidays(
            country,
            subdiv=subdivision or None,
            years=range(year - 1, year + 2),
            language=getattr(package, country).default_language,
        )
        self._days[region] = year, Intervals(_day(when, name) for when, name in found.items())

    def _describe_quarter(self, region: Region, zone: str, quarter: int) -> Mapping[str, Value]:
        instant = float(quarter * QUARTER_S)
        try:
            at = datetime.fromtimestamp(instant, timezones()[zone] if zone else UTC)
        except (OverflowError, ValueError):  # local time falls out of the years 1 to 9999
            return MappingProxyType({})
        wall = instant + (at.utcoffset() or at - at).total_seconds()
        midnight = wall - wall % DAY_S
        known: dict[str, Value] = {}
        year, days = self._days.get(region, (0, Intervals()))
        if len(days) and abs(at.year - year) <= 1:
            known |= _around([(days, midnight)], inside="holiday", name="holiday_name", prefix="holiday")
        if any(calendar.known for calendar in self._calendars):
            clocks = [(calendar.absolute, instant) for calendar in self._calendars]
            clocks += [(calendar.local, wall) for calendar in self._calendars]
            known |= _around(clocks, inside="in_event", name="event", prefix="event")
        return MappingProxyType(known)


@lru_cache(maxsize=1)
def supported_regions() -> Mapping[str, frozenset[str]]:
    """The regions with holidays of their own, by country; loading them all takes half a second, once."""
    supported = importlib.import_module("holidays").list_supported_countries()
    return {country: frozenset(regions) for country, regions in supported.items() if country in KNOWN}


def _day(when: date, name: str) -> Interval:
    start = datetime(when.year, when.month, when.day, tzinfo=UTC).timestamp()
    return Interval(start, start + DAY_S, level(name))


def _around(
    clocks: list[tuple[Intervals, float]], *, inside: str, name: str, prefix: str
) -> dict[str, Value]:
    """What the intervals say about now, each on its own clock: inside one, whole days to and since."""
    holding = [now for intervals, instant in clocks if (now := intervals.holding(instant))]
    starts = [
        s - instant for intervals, instant in clocks if (s := intervals.next_start(instant)) is not None
    ]
    ends = [instant - e for intervals, instant in clocks if (e := intervals.last_end(instant)) is not None]
    known: dict[str, Value] = {inside: "yes" if holding else "no"}
    if holding:
        known[name] = holding[0].name
    for part, away in (("to", starts), ("since", ends)):
        away_s = 0.0 if holding else min(away, default=FAR_DAYS * DAY_S)
        # To a day that begins tomorrow, and since one that ended last night, it is one day.
        days = away_s // DAY_S if part == "to" else away_s // DAY_S + (0 if holding else 1)
        known[f"{prefix}_days_{part}"] = min(days, FAR_DAYS)
    return known

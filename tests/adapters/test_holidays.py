# SPDX-License-Identifier: Apache-2.0
"""Holidays: public ones by region and local date, and the marketers' own calendars."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters import build
from adapters.holidays import Holidays

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VTIMEZONE
TZID:America/New_York
BEGIN:STANDARD
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:1
SUMMARY:Happy Hour!
DTSTART;TZID=America/New_York:20261001T170000
DTEND;TZID=America/New_York:20261001T180000
RRULE:FREQ=DAILY
EXDATE;TZID=America/New_York:20261120T170000
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Black Friday
DTSTART;VALUE=DATE:20261127
DTEND;VALUE=DATE:20261128
END:VEVENT
END:VCALENDAR
"""


def at(*parts: int) -> datetime:
    """A moment in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def visitor(country: str, region: str = "", zone: str = "UTC") -> dict[str, object]:
    """A request from a country."""
    return {"location": {"country": country, "region": region, "time_zone": zone}}


@pytest.fixture
def calendar(tmp_path: Path) -> Path:
    """A marketer's calendar file."""
    path = tmp_path / "promos.ics"
    path.write_text(CALENDAR.replace("\n", "\r\n"))
    return path


@pytest.fixture
def holidays(clock: Any) -> Holidays:
    """The adapter with two countries ready."""
    return Holidays(countries=["DE", "US"], clock=clock)


def test_on_a_holiday(holidays: Holidays) -> None:
    """On Christmas Day it is a holiday, by name, with no days to or since."""
    known = holidays.features(visitor("US"), at=at(2026, 12, 25, 12))
    assert known == {
        "holiday": "yes", "holiday_name": "christmas-day", "holiday_days_to": 0.0, "holiday_days_since": 0.0,
    }  # fmt: skip


def test_between_holidays(holidays: Holidays) -> None:
    """Two days before Thanksgiving, and 13 days after Veterans Day, the distances say so."""
    known = holidays.features(visitor("US"), at=at(2026, 11, 24, 12))
    assert known == {"holiday": "no", "holiday_days_to": 2.0, "holiday_days_since": 13.0}


def test_the_date_is_the_visitors(holidays: Holidays) -> None:
    """At 03:00 UTC on 26 December it is still Christmas in New York."""
    late = at(2026, 12, 26, 3)
    assert holidays.features(visitor("US", zone="America/New_York"), at=late)["holiday"] == "yes"
    assert holidays.features(visitor("US", zone="UTC"), at=late)["holiday"] == "no"


def test_regions_are_learned_when_asked_for(holidays: Holidays) -> None:
    """Corpus Christi is a holiday in Bavaria, not in Berlin; each region is known after a refresh."""
    corpus_christi = at(2026, 6, 4, 12)
    assert holidays.features(visitor("DE", "BY"), at=corpus_christi) == {}
    assert "have not been worked out yet" in holidays.why_missing(visitor("DE", "BY"), at=corpus_christi)
    holidays.features(visitor("DE", "BE"), at=corpus_christi)
    asyncio.run(holidays.refresh())
    found = [
        holidays.features(visitor("DE", region), at=corpus_christi)["holiday"] for region in ("BY", "BE", "")
    ]
    assert found == ["yes", "no", "no"]


def test_invented_regions_fill_nothing(holidays: Holidays) -> None:
    """Regions that do not exist share their country's holidays, and no entry is kept for them."""
    for number in range(500):
        assert holidays.features(visitor("DE", f"X{number % 90}"), at=at(2026, 12, 25))["holiday"] == "yes"
    asyncio.run(holidays.refresh())
    assert set(holidays._days) == {("DE", ""), ("US", "")}


def test_a_new_year_is_learned(holidays: Holidays, clock: Any) -> None:
    """Dates years away are unknown until the clock gets there."""
    far = at(2029, 12, 25, 12)
    assert holidays.features(visitor("DE"), at=far) == {}
    clock.now = far.timestamp()
    asyncio.run(holidays.refresh())
    assert holidays.features(visitor("DE"), at=far)["holiday"] == "yes"


@pytest.mark.parametrize(
    ("moment", "event"),
    [
        ((2026, 10, 20, 21, 30), "happy-hour"),  # 17:30 in New York, summer time
        ((2026, 11, 19, 21, 30), None),  # 16:30 in New York: the clock was changed
        ((2026, 11, 19, 22, 30), "happy-hour"),
        ((2026, 11, 20, 22, 30), None),  # the exception
    ],
)
def test_recurring_events(calendar: Path, clock: Any, moment: tuple[int, ...], event: str | None) -> None:
    """A daily event follows its own time zone over the change of clocks, and leaves out its exceptions."""
    holidays = Holidays(calendars={"promos": str(calendar)}, clock=clock)
    known = holidays.features({}, at=at(*moment))
    assert (known["in_event"], known.get("event")) == ("yes" if event else "no", event)


def test_all_day_events_are_local(calendar: Path, clock: Any) -> None:
    """Black Friday begins at everybody's own midnight."""
    holidays = Holidays(calendars={"promos": str(calendar)}, clock=clock)
    moment = at(2026, 11, 27, 2)
    assert holidays.features(visitor("JP", zone="Asia/Tokyo"), at=moment)["event"] == "black-friday"
    assert holidays.features(visitor("US", zone="America/New_York"), at=moment)["in_event"] == "no"


def test_calendars_are_read_anew(calendar: Path, clock: Any) -> None:
    """A changed file counts after a refresh; a broken one changes nothing and is named."""
    holidays = Holidays(calendars={"promos": str(calendar)}, clock=clock)
    friday = at(2026, 11, 27, 12)
    calendar.write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:half")
    asyncio.run(holidays.refresh())
    assert holidays.features({}, at=friday)["event"] == "black-friday"
    expected = "the calendar promos cannot be read: it ends before END:VCALENDAR"
    assert expected in holidays.why_missing({}, at=friday)
    calendar.write_text(CALENDAR.replace("Black Friday", "Green Friday"))
    asyncio.run(holidays.refresh())
    assert holidays.features({}, at=friday)["event"] == "green-friday"


def test_refuses_settings(clock: Any) -> None:
    """Countries that nobody has holidays of are refused."""
    with pytest.raises(ValueError, match=r"context\.holidays\.countries: got 'XX'; allowed codes"):
        Holidays(countries=["XX"], clock=clock)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, calendar: Path) -> None:
    """Without the extra, what needs it is refused if configured, else left out; both say what to install."""
    for package in ("holidays", "icalendar"):
        monkeypatch.setitem(sys.modules, package, None)
    for settings in ({"countries": ["DE"]}, {"calendars": {"promos": str(calendar)}}):
        with pytest.raises(ValueError, match=r"slotwise\[calendar\]"):
            build(["holidays"], settings={"holidays": settings})
    (holidays,) = build(["holidays"])
    holidays.features(visitor("DE"), at=at(2026, 12, 25))
    asyncio.run(holidays.refresh())
    assert "slotwise[calendar]" in holidays.why_missing(visitor("DE"), at=at(2026, 12, 25))


def test_nothing_is_loaded_before_somebody_comes(clock: Any) -> None:
    """Without configured countries the first visitors ask for what is then worked out in the background."""
    holidays = Holidays(clock=clock)
    christmas, found = at(2026, 12, 25, 12), []
    for _ in range(3):
        found.append(dict(holidays.features(visitor("DE"), at=christmas)).get("holiday"))
        asyncio.run(holidays.refresh())
    assert found == [None, None, "yes"]

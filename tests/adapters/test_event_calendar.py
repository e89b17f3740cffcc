# SPDX-License-Identifier: Apache-2.0
"""Calendar files: each event by itself, on when RFC 5545 says so, and named when it cannot be used."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.event_calendar import EventCalendar
from adapters.holidays import Holidays
from adapters.refreshing import keep_fresh

GOOD = """BEGIN:VEVENT
UID:good
SUMMARY:Good
DTSTART:20261120T100000Z
DTEND:20261120T110000Z
END:VEVENT
"""
ON = datetime(2026, 11, 21, 12, tzinfo=UTC)

Read = Callable[..., EventCalendar]


def event(*lines: str, uid: str = "bad", summary: str = "Bad") -> str:
    """An event with these lines."""
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{summary}", *lines, "END:VEVENT", ""])


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a calendar with these components as of a time; its name is promos."""

    def read(*components: str, now: datetime = ON) -> EventCalendar:
        path = tmp_path / "promos.ics"
        path.write_text("BEGIN:VCALENDAR\nVERSION:2.0\n" + "".join(components) + "END:VCALENDAR\n", "utf-8")
        calendar = EventCalendar("promos", str(path))
        calendar.reload(now=now)
        return calendar

    return read


def stretches(calendar: EventCalendar, day: str) -> list[tuple[str, str]]:
    """When events of all visitors are on that begin on a day in UTC."""
    begin = datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()
    return [
        tuple(f"{datetime.fromtimestamp(edge, UTC):%d %H:%M}" for edge in (each.start, each.end))  # type: ignore[misc]
        for each in calendar.absolute.between(begin, begin + 86_400)
    ]


BAD = {
    "an until that is no date": (
        event("DTSTART:20261101T100000Z", "RRULE:FREQ=DAILY;UNTIL=20261332"),
        "'RRULE:FREQ=DAILY;UNTIL=20261332' cannot be read",
    ),
    "an until before the start": (
        event("DTSTART:20261101T100000Z", "RRULE:FREQ=DAILY;UNTIL=20261031T100000Z"),
        "RRULE has an UNTIL before DTSTART",
    ),
    "no start": (event("DTEND:20261101T100000Z"), "it has no DTSTART"),
    "a start that is no time": (event("DTSTART:soon"), "'DTSTART:soon' cannot be read"),
    "two starts": (event("DTSTART:20261101", "DTSTART:20261102"), "it has 2 DTSTART, allowed one"),
    "an hour that is none": (event("DTSTART:20261101T250000Z"), "'DTSTART:20261101T250000Z' cannot be read"),
    "an unknown zone": (
        event("DTSTART;TZID=Mars/Olympus:20261101T100000"),
        "the time zone 'Mars/Olympus' is not known",
    ),
    "the server's own zone": (
        event("DTSTART;TZID=localtime:20261101T100000"),
        "the time zone 'localtime' is not known",
    ),
    "an exception in an unknown zone": (
        event("DTSTART:20261101T100000Z", "RRULE:FREQ=DAILY", "EXDATE;TZID=Moon:20261121T100000"),
        "the time zone 'Moon' is not known",
    ),
    "an end before the start": (
        event("DTSTART:20261101T100000Z", "DTEND:20261101T090000Z"),
        "DTEND is before DTSTART",
    ),
    "an end of another kind": (
        event("DTSTART:20261101T100000Z", "DTEND;VALUE=DATE:20261102"),
        "DTEND is a date, DTSTART a time with a zone",
    ),
    "a negative duration": (
        event("DTSTART:20261101T100000Z", "DURATION:-PT1H"),
        "DURATION is '-PT1H', allowed 0 or more",
    ),
    "no frequency": (event("DTSTART:20261101", "RRULE:COUNT=3"), "RRULE has no FREQ"),
    "an unknown frequency": (
        event("DTSTART:20261101", "RRULE:FREQ=OFTEN"),
        "'RRULE:FREQ=OFTEN' cannot be read",
    ),
    "an interval of nothing": (
        event("DTSTART:20261101", "RRULE:FREQ=DAILY;INTERVAL=0"),
        "RRULE has INTERVAL=0, allowed 1 or more",
    ),
    "every second": (
        event("DTSTART:20261101T000000Z", "RRULE:FREQ=SECONDLY"),
        "RRULE repeats more often than hourly",
    ),
    "every minute in small letters": (
        event("DTSTART:20261101T000000Z", "RRULE:freq=minutely"),
        "RRULE repeats more often than hourly",
    ),
    "six times an hour": (
        event("DTSTART:20261101T000000Z", "RRULE:FREQ=HOURLY;BYMINUTE=0,10,20,30,40,50"),
        "RRULE repeats more often than hourly",
    ),
    "thirty times a day": (
        event("DTSTART:20261101T000000Z", "RRULE:FREQ=DAILY;BYHOUR=8,9,10,11,12;BYMINUTE=0,10,20,30,40,50"),
        "RRULE repeats more often than hourly",
    ),
    "hourly since the year 1": (
        event("DTSTART:00010101T000000Z", "RRULE:FREQ=HOURLY"),
        "RRULE repeats too often between DTSTART and today",
    ),
    "a day that does not exist": (
        event("DTSTART:20261101", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9"),
        "RRULE asks for a day that does not exist",
    ),
    "hours of a day that does not exist": (
        event("DTSTART:20261101T000000Z", "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30"),
        "RRULE is too fine; allowed with FREQ=HOURLY: INTERVAL to 24, BYHOUR, BYDAY, BYMONTH",
    ),
    "a position that does not exist": (
        event("DTSTART:20261101", "RRULE:FREQ=DAILY;BYSETPOS=7"),
        "RRULE has BYSETPOS with FREQ=DAILY; allowed from WEEKLY on",
    ),
    "a broken exception": (
        event("DTSTART:20261101", "RRULE:FREQ=DAILY", "EXDATE:tomorrow"),
        "'EXDATE:tomorrow' cannot be read",
    ),
    "half an event": (
        "BEGIN:VEVENT\nUID:bad\nDTSTART:20261101\nBEGIN:VALARM\n",
        "END:VEVENT is missing",
    ),
}


@pytest.mark.parametrize(("bad", "why"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("first", [True, False])
def test_a_bad_event_is_named_and_the_others_stay(read: Read, bad: str, why: str, first: bool) -> None:
    """Whatever is wrong with an event, it is named with its line and UID, and the good one is on."""
    calendar = read(*((bad, GOOD) if first else (GOOD, bad)))
    line = 3 if first else 9
    assert calendar.problem == f"the calendar promos has bad parts: line {line} (UID 'bad'): {why}"
    assert [each.name for each in calendar.absolute.between(0, 1e11)] == ["good"]
    assert len(calendar.local) == 0


def test_an_event_that_the_packages_stumble_over_is_named(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only turns out to be bad while it is worked out is found among many, and named."""
    series = importlib.import_module("recurring_ical_events").Series
    between = series.between

    def stumble(self: Any, *span: Any) -> Any:
        if self.uid == "bad":
            raise TypeError("cannot compare")
        return between(self, *span)

    monkeypatch.setattr(series, "between", stumble)
    calendar = read(event("DTSTART:20261101"), GOOD, event("DTSTART;VALUE=DATE:20261102", uid="other"))
    assert calendar.problem == "the calendar promos has bad parts: line 3 (UID 'bad'): cannot compare"
    assert (len(calendar.absolute), len(calendar.local)) == (1, 1)


def test_a_line_that_does_not_matter_is_named_and_the_event_stays(read: Read) -> None:
    """A description broken in two loses a line, not the event."""
    calendar = read(event("DTSTART:20261101", "DESCRIPTION:one", "two", uid="5"))
    assert "line 3 (UID '5'): 'two' cannot be read, the rest is used" in calendar.problem
    assert len(calendar.local) == 1


def test_several_calendars_in_a_file(read: Read) -> None:
    """Events of every calendar count, each with the time zones and the header of its own."""
    second = event("DTSTART:20261121T100000Z", uid="good", summary="Second")
    third = event("DTSTART:20261122T100000Z", uid="c", summary="Third")
    calendar = read(
        GOOD, "END:VCALENDAR\nBEGIN:VCALENDAR\n", second,
        "END:VCALENDAR\n\nBEGIN:VCALENDAR\nMETHOD:CANCEL\n", third,
    )  # fmt: skip
    assert [each.name for each in calendar.absolute.between(0, 1e11)] == ["good", "second"]
    assert calendar.problem == ""


@pytest.mark.parametrize(
    "data", [b"", b"<html>", "BEGIN:VCALENDAR".encode("utf-16"), b"BEGIN:VEVENT\nEND:VEVENT"]
)
def test_what_is_no_calendar_is_refused(tmp_path: Path, data: bytes) -> None:
    """A file without a calendar changes nothing, and the reason is said."""
    path = tmp_path / "x.ics"
    path.write_bytes(data)
    calendar = EventCalendar("x", str(path))
    assert not calendar.reload(now=ON)
    assert calendar.problem == "the calendar x cannot be read: it has no BEGIN:VCALENDAR"


def test_a_calendar_without_a_good_event_changes_nothing(read: Read) -> None:
    """Where all events are bad, what was known before stays."""
    calendar = read(event("DTEND:20261101"))
    assert not calendar.known
    assert "cannot be read: it has no good event: line 3 (UID 'bad')" in calendar.problem


def test_cancelled_events_are_not_on(read: Read) -> None:
    """An event that is cancelled is off, whatever the case; one that is tentative, or marked free, is on."""
    calendar = read(
        event("DTSTART:20261101T100000Z", "STATUS:CANCELLED", uid="1"),
        event("DTSTART:20261102T100000Z", "STATUS:cancelled", "RRULE:FREQ=DAILY", uid="2"),
        event("DTSTART:20261103T100000Z", "STATUS:TENTATIVE", uid="3", summary="Maybe"),
        event("DTSTART:20261104T100000Z", "TRANSP:TRANSPARENT", uid="4", summary="Free"),
    )
    assert [each.name for each in calendar.absolute.between(0, 1e11)] == ["maybe", "free"]
    assert calendar.problem == ""


def test_single_events_of_a_series(read: Read) -> None:
    """Of a daily series one is left out, one is cancelled, one is moved; the others stay where they are."""
    calendar = read(
        event("DTSTART:20261116T100000Z", "DTEND:20261116T110000Z", "RRULE:FREQ=DAILY;COUNT=5",
              "EXDATE:20261117T100000Z", uid="s", summary="Sale"),
        event("RECURRENCE-ID:20261118T100000Z", "DTSTART:20261118T100000Z", "STATUS:CANCELLED", uid="s"),
        event("RECURRENCE-ID:20261119T100000Z", "DTSTART:20261119T150000Z", "DTEND:20261119T153000Z", uid="s",
              summary="Moved"),
    )  # fmt: skip
    found = [(f"{datetime.fromtimestamp(each.start, UTC):%d %H:%M}", each.end - each.start, each.name)
             for each in calendar.absolute.between(0, 1e11)]  # fmt: skip
    assert found == [("16 10:00", 3600, "sale"), ("19 15:00", 1800, "moved"), ("20 10:00", 3600, "sale")]
    assert calendar.problem == ""


async def test_a_change_of_problem_is_told(tmp_path: Path) -> None:
    """A calendar that is spoilt while the service runs is told once, and so is its mending."""
    path = tmp_path / "promos.ics"
    whole = f"BEGIN:VCALENDAR\n{GOOD}END:VCALENDAR\n"
    path.write_text(whole, "utf-8")
    holidays = Holidays(calendars={"promos": str(path)}, clock=ON.timestamp)
    told: asyncio.Queue[str] = asyncio.Queue()

    def on_error(adapter: object, error: Exception) -> None:
        raise AssertionError(str(error)) from error

    task = asyncio.create_task(
        keep_fresh(
            lambda: [holidays], every_s=0.001, on_error=on_error,
            on_problem=lambda adapter: told.put_nowait(adapter.problem),
        )
    )  # fmt: skip
    path.write_text(whole.replace("END:VCAL", event("DTEND:20261101") + "END:VCAL"), "utf-8")
    spoilt = await told.get()
    path.write_text(whole, "utf-8")
    mended = await told.get()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert spoilt == "the calendar promos has bad parts: line 8 (UID 'bad'): it has no DTSTART"
    assert (mended, told.empty()) == ("", True)


def test_the_last_version_of_an_event_counts(read: Read) -> None:
    """Of two versions of an event the higher SEQUENCE counts; two that share a UID by mistake are both on."""
    calendar = read(
        event("DTSTART:20261101T100000Z", "SEQUENCE:2", uid="v", summary="New"),
        event("DTSTART:20261101T100000Z", "SEQUENCE:1", uid="v", summary="Old"),
        event("DTSTART:20261102T100000Z", uid="same", summary="One"),
        event("DTSTART:20261103T100000Z", uid="same", summary="Two"),
    )
    assert [each.name for each in calendar.absolute.between(0, 1e11)] == ["new", "one", "two"]
    assert "line 20 (UID 'same'): line 15 is the same event, both are used" in calendar.problem


@pytest.mark.parametrize(
    ("zone", "start", "end", "day", "expected"),
    [
        # The clock goes back from 02:00 to 01:00, or forward from 02:00 to 03:00.
        ("America/New_York", "0130", "0230", "2026-11-01", ("01 05:30", "01 06:30")),
        ("America/New_York", "0130", "0230", "2026-03-08", ("08 06:30", "08 07:30")),
        ("America/New_York", "0230", "0330", "2026-03-08", ("08 07:30", "08 08:30")),
        # At 03:00 back to 02:00, at 02:00 forward to 03:00.
        ("Australia/Sydney", "0230", "0330", "2026-04-04", ("04 15:30", "04 16:30")),
        ("Australia/Sydney", "0130", "0230", "2026-10-03", ("03 15:30", "03 16:30")),
    ],
)
@pytest.mark.parametrize("how", ["DTEND", "DURATION"])
def test_an_hour_is_an_hour_when_clocks_change(
    read: Read, zone: str, start: str, end: str, day: str, expected: tuple[str, str], how: str
) -> None:
    """A weekly event of one hour lasts one hour on the night when its clock is changed."""
    lasts = f"DTEND;TZID={zone}:20250105T{end}00" if how == "DTEND" else "DURATION:PT1H"
    weekly = event(f"DTSTART;TZID={zone}:20250105T{start}00", lasts, "RRULE:FREQ=WEEKLY")
    calendar = read(weekly, now=datetime.fromisoformat(f"{day}T00:00:00+00:00"))
    assert stretches(calendar, day) == [expected]


@pytest.mark.parametrize(
    ("day", "begins", "ends"),
    [
        ("2026-10-25", "25 04:00", "02 05:00"),
        ("2026-03-01", "01 05:00", "09 04:00"),
        ("2026-05-03", "03 04:00", "11 04:00"),
    ],
)
def test_days_of_a_duration_end_at_the_same_hour(read: Read, day: str, begins: str, ends: str) -> None:
    """A duration in days ends at the hour at which it began, on either side of a change of clocks."""
    zone = "America/New_York"
    lines = (f"DTSTART;TZID={zone}:20250105T000000", "DURATION:P1W1D", "RRULE:FREQ=WEEKLY")
    calendar = read(event(*lines), now=datetime.fromisoformat(f"{day}T00:00:00+00:00"))
    assert (begins, ends) in stretches(calendar, day)


def test_dates_with_a_length_of_their_own(read: Read) -> None:
    """A period among the dates of an event lasts as long as it says."""
    calendar = read(
        event("DTSTART:20261110T100000Z", "DTEND:20261110T110000Z",
              "RDATE;VALUE=PERIOD:20261112T100000Z/PT5H,20261114T100000Z/20261114T103000Z")
    )  # fmt: skip
    assert [each.end - each.start for each in calendar.absolute.between(0, 1e11)] == [3600, 18000, 1800]


def test_an_until_without_a_zone_is_on_the_clock_of_the_event(read: Read) -> None:
    """UNTIL as a date holds its whole day, as a time without a zone it is local."""
    lines = ("DTSTART;TZID=America/New_York:20261101T220000",)
    last = [
        stretches(read(event(*lines, f"RRULE:FREQ=DAILY;UNTIL={until}"), now=ON), "2026-11-06")
        for until in ("20261105", "20261105T220000", "20261106T030000Z", "20261106T025959Z")
    ]
    assert last == [[("06 03:00", "06 03:00")]] * 3 + [[]]


def test_time_zones_of_one_file_do_not_reach_another(read: Read) -> None:
    """Two files may define the same name for different clocks; the name alone defines nothing."""
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Shop\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
        "TZOFFSETFROM:{0}\nTZOFFSETTO:{0}\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    opening = event("DTSTART;TZID=Shop:20261120T100000", uid="1")
    found = [stretches(read(zone.format(each), opening), "2026-11-20") for each in ("+0100", "-0500")]
    assert found == [[("20 09:00", "20 09:00")], [("20 15:00", "20 15:00")]]
    assert "the time zone 'Shop' is not known" in read(opening).problem


def test_a_time_zone_that_would_take_long_is_refused(read: Read) -> None:
    """A clock that is changed every second is named, and so is the event that it belongs to."""
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Shop\nBEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=SECONDLY\n"
        "TZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    problem = read(zone, event("DTSTART;TZID=Shop:20261120T100000"), GOOD).problem
    assert "line 3 (time zone 'Shop'): its clock is changed by more than yearly rules; line 12" in problem


def test_an_event_of_decades_hides_nothing(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an event that is always on, shorter ones are found, and by as few looks as without it."""
    looks: list[Any] = []
    query = importlib.import_module("recurring_ical_events").CalendarQuery
    look = query._occurrences_between
    monkeypatch.setattr(query, "_occurrences_between", lambda *span: (looks.append(span), look(*span))[1])
    read(GOOD)
    usual = len(looks)
    calendar = read(GOOD, event("DTSTART:20200101T000000Z", "DTEND:20990101T000000Z", summary="Endless"))
    assert len(looks) == 2 * usual > 0
    times = [datetime(2026, 11, 20, hour, 30, tzinfo=UTC).timestamp() for hour in (9, 10, 11)]
    names = [on.name for each in times if (on := calendar.absolute.holding(each))]
    assert names == ["endless", "good", "endless"]


@pytest.mark.parametrize(("events", "refused"), [(1, False), (2, True)])
def test_more_events_than_are_kept_are_refused(read: Read, events: int, refused: bool) -> None:
    """An event every hour is allowed, two are too many for half a year."""
    hourly = [
        event(f"DTSTART:20260101T00{minute}00", "RRULE:FREQ=HOURLY", uid=str(minute)) for minute in (15, 45)
    ]
    calendar = read(*hourly[:events])
    expected = "the calendar promos cannot be read: it has more than 5000 events in 184 days"
    assert calendar.problem == (expected if refused else "")

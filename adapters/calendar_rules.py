# SPDX-License-Identifier: Apache-2.0
"""Recurrence rules of events (RFC 5545, 3.3.10): refused where they would take long to go through."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

DAY_S = 86_400.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_STEPS = 200_000  # of a rule between its first event and the last one that is looked at
STEP_DAYS = {"HOURLY": 1 / 24, "DAILY": 1.0, "WEEKLY": 7.0, "MONTHLY": 28.0, "YEARLY": 365.0}
OF_HOURS = {
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
    "BYDAY",
    "BYMONTH",
    "WKST",
}
OF_DAYS = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY")
A_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 (a day of the calendar, not a time)


def mend_rule(rule: Any, start: date, *, horizon: datetime) -> None:
    """Write the end of a rule in the way its first event is written, after having looked whether it has one.

    Args: start: of its first event; horizon: how far it is followed.

    Raises: ValueError when it says nothing, or ends before it begins, or would take long to go through.
    """
    frequency = str(rule["FREQ"][0]).upper() if rule.get("FREQ") else ""
    if not frequency:
        raise ValueError("RRULE has no FREQ")
    for name in ("INTERVAL", "COUNT"):
        if any(number < 1 for number in rule.get(name, ())):
            raise ValueError(f"RRULE has {name}={rule[name][0]}, allowed 1 or more")
    interval = rule.get("INTERVAL", [1])[0]
    _check_cost(rule, frequency, interval)
    last = seconds_of(horizon)
    if rule.get("UNTIL"):
        until = _last(rule["UNTIL"][0], start)
        if until < seconds_of(start):
            raise ValueError("RRULE has an UNTIL before DTSTART")
        rule["UNTIL"] = [_written_like(start, until)]
        last = min(last, until)
    if (last - seconds_of(start)) / DAY_S / (STEP_DAYS[frequency] * interval) > MOST_STEPS:
        raise ValueError("RRULE repeats too often between DTSTART and today")


def seconds_of(moment: date) -> float:
    """Seconds since 1970, of a time without a zone as if its clock were UTC."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _check_cost(rule: Any, frequency: str, interval: int) -> None:
    """Refuse what begins too often, and what dateutil would follow to the year 9999 without finding a day."""
    if _times_a_day(rule, frequency) > 24:
        raise ValueError("RRULE repeats more often than hourly")
    if frequency == "HOURLY" and (interval > 24 or not OF_HOURS.issuperset(rule)):
        raise ValueError(
            "RRULE is too fine; allowed with FREQ=HOURLY: INTERVAL to 24, BYHOUR, BYDAY, BYMONTH"
        )
    if frequency == "DAILY" and "BYSETPOS" in rule:
        raise ValueError("RRULE has BYSETPOS with FREQ=DAILY; allowed from WEEKLY on")
    if frequency in ("DAILY", "WEEKLY") and any(name in rule for name in OF_DAYS[1:4]):
        days = type(rule)({"FREQ": ["YEARLY"], **{name: rule[name] for name in OF_DAYS if name in rule}})
        found = importlib.import_module("dateutil.rrule").rrulestr(days.to_ical().decode(), dtstart=A_DAY)
        if next(iter(found), None) is None:
            raise ValueError("RRULE asks for a day that does not exist")


def _times_a_day(rule: Mapping[str, Any], frequency: str) -> int:
    """How often a rule makes an event begin on a day with most of them."""
    if frequency in ("SECONDLY", "MINUTELY"):
        return 1440
    hours = len(rule.get("BYHOUR", ())) or (24 if frequency == "HOURLY" else 1)
    return hours * max(1, len(rule.get("BYMINUTE", ()))) * max(1, len(rule.get("BYSECOND", ())))


def _last(until: date, start: date) -> float:
    """UNTIL in seconds, on the clock that `start` is on where it names none; a date means its whole day."""
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(23, 59, 59))
    zone = start.tzinfo if isinstance(start, datetime) else None
    if zone is None:
        return seconds_of(until.replace(tzinfo=None))
    return seconds_of(until if until.tzinfo else until.replace(tzinfo=zone))


def _written_like(start: date, seconds: float) -> date:
    moment = EPOCH + timedelta(seconds=seconds)
    if not isinstance(start, datetime):
        return moment.date()
    return moment if start.tzinfo else moment.replace(tzinfo=None)

# SPDX-License-Identifier: Apache-2.0
"""`slotwise context`: the same answer from a catalogue, a data directory and a server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bandit.commands.directory import opened
from bandit.commands.visitor import visitor_of
from bandit.errors import Invalid
from bandit.settings import Settings

CATALOGUE = """
placements:
  hero:
    context: [device, daytime, location, weather]
    arms: {coats: {}, cream: {}}
  own:
    context: [device]
    features:
      fields: {device.os: null, page.section: {levels: [news, sport]}, age: {kind: number, range: [0, 100]}}
    arms: {a: {}}
"""
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//shop//promos//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20200101T000000Z
DTSTART;VALUE=DATE:20200101
DTEND;VALUE=DATE:20990101
SUMMARY:Endless sale
END:VEVENT
END:VCALENDAR
"""
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1"
)
VISITOR = ("--user-agent", PHONE, "--field", "location.country=DE", "--at", "2026-12-24T18:00:00+01:00")


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """A catalogue with a hashed and a declared vector."""
    path = tmp_path / "context.yaml"
    path.write_text(CATALOGUE, "utf-8")
    return path


def asked(slotwise: Any, *arguments: Any) -> Any:
    """What the command answers as JSON."""
    outcome = slotwise("context", *arguments, "--json")
    assert (outcome.status, outcome.err) == (0, "")
    return json.loads(outcome.out)


def test_every_field_has_a_value_or_a_reason(slotwise: Any, catalogue: Path) -> None:
    """What is known, and why the rest is not, at the time that was asked about."""
    report = asked(slotwise, "--catalog", catalogue, "--placement", "hero", *VISITOR)
    fields = {each["field"]: each for each in report["fields"]}
    assert all((each["value"] is None) == bool(each["reason"]) for each in fields.values())
    assert fields["device.os"]["value"] == "ios"
    assert (fields["daytime.part"]["value"], report["at"]) == ("afternoon", 1_798_131_600.0)
    assert fields["weather.temp_c"]["reason"] == "no weather provider is configured"
    assert report["sources"] == {"weather": "off"}


def test_the_vector_is_that_of_the_decision(slotwise: Any, data_dir: Path, catalogue: Path) -> None:
    """The columns that are shown are those that a rank of the same request logs."""
    slotwise("apply", catalogue, "--data-dir", data_dir)
    report = asked(slotwise, "--data-dir", data_dir, "--placement", "own", *VISITOR, "--field", "age=25")

    async def ranked() -> Any:
        context = {"device": {"user_agent": PHONE}, "location": {"country": "DE"}, "age": 25}
        async with opened(Settings(data_dir=data_dir)) as service:
            decided = (await service.rank("own", context)).decided
            return service.reporting.trace(decided.decision, scope=frozenset())["vector"]

    [vector] = asyncio.run(ranked())
    shown = {each["index"]: each["weight"] for each in report["vector"]}
    assert [shown.get(column, 0.0) for column in range(report["dimension"])] == vector
    assert all(sum(each["fields"].values()) == each["weight"] for each in report["vector"])
    assert not report["hashed"]


def test_what_is_not_part_of_the_vector_is_told(slotwise: Any, catalogue: Path) -> None:
    """With declared fields, others are shown as unused, and what the request lacks as missing."""
    report = asked(slotwise, "--catalog", catalogue, "--placement", "own", "--field", "mood=good")
    fields = {each["field"]: each for each in report["fields"]}
    assert (fields["mood"]["used"], fields["device.bot"]["used"]) == (False, False)
    assert (fields["age"]["used"], fields["age"]["reason"]) == (True, "the request does not carry it")


def test_a_server_says_the_same(slotwise: Any, serve: Any, catalogue: Path) -> None:
    """Over HTTP the answer is that of the catalogue's own sources, Global Privacy Control included."""
    server = serve("--catalog", catalogue)
    arguments = ("--placement", "hero", *VISITOR, "--header", "Sec-GPC=1")
    remote = asked(slotwise, "--url", server.url, "--key", server.key, *arguments)
    assert remote == asked(slotwise, "--catalog", catalogue, *arguments)
    assert remote["sources"]["device"] == "no_consent"


def test_a_server_has_the_settings_of_its_operator(
    slotwise: Any, serve: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A calendar that a variable names is read by the real server, and is part of what it knows."""
    (tmp_path / "promos.ics").write_text(CALENDAR, "utf-8")
    monkeypatch.setenv("SLOTWISE_HOLIDAYS_CALENDARS", f"promos={tmp_path / 'promos.ics'}")
    catalogue = tmp_path / "promos.yaml"
    catalogue.write_text("placements: {hero: {context: [holidays], arms: {a: {}}}}", "utf-8")
    server = serve("--catalog", catalogue)
    report = asked(slotwise, "--url", server.url, "--key", server.key, "--placement", "hero")
    assert {each["field"]: each["value"] for each in report["fields"]}["holidays.event"] == "endless-sale"


def test_what_is_refused_is_named(slotwise: Any, catalogue: Path) -> None:
    """What no adapter can use of a request is told with its reason, apart from what is just not there."""
    outcome = slotwise(
        "context", "--catalog", catalogue, "--placement", "hero", "--field", "location.country=Narnia",
        "--field", "location.region=DE-BY", "--user-agent", PHONE,
    )  # fmt: skip
    lines = outcome.out.splitlines()
    assert "location: refused" in lines
    assert lines[-1] == (
        "refused: location.country: got a text of 6 characters; allowed an ISO 3166-1 code such as DE or DEU"
    )
    assert "location.region\tBY\tknown\t" in lines


def test_a_bad_event_is_named_although_nothing_is_missing(
    slotwise: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event of a calendar that cannot be used is a warning with its line and UID; the others are known."""
    bad = "BEGIN:VEVENT\nUID:7\nDTSTART:20261101\nRRULE:FREQ=DAILY;UNTIL=20261332\nEND:VEVENT\nEND:VCALENDAR"
    (tmp_path / "promos.ics").write_text(CALENDAR.replace("END:VCALENDAR", bad), "utf-8")
    monkeypatch.setenv("SLOTWISE_HOLIDAYS_CALENDARS", f"promos={tmp_path / 'promos.ics'}")
    catalogue = tmp_path / "promos.yaml"
    catalogue.write_text("placements: {hero: {context: [holidays], arms: {a: {}}}}", "utf-8")
    outcome = slotwise("context", "--catalog", catalogue, "--placement", "hero")
    assert "holidays.event\tendless-sale\tknown\t" in outcome.out.splitlines()
    assert outcome.out.splitlines()[-1] == (
        "warning: holidays: the calendar promos has bad parts: line 11 (UID '7'): "
        "'RRULE:FREQ=DAILY;UNTIL=20261332' cannot be read"
    )


def test_the_table_names_fields_columns_and_troubles(slotwise: Any, catalogue: Path) -> None:
    """Without --json there is a line a field, a line a column, and a line a source in trouble."""
    outcome = slotwise("context", "--catalog", catalogue, "--placement", "hero", *VISITOR)
    lines = outcome.out.splitlines()
    assert "device.os\tios\tknown\t" in lines
    assert "0\t1\t(constant) +1" in lines
    assert lines[-1] == "weather: off"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--at", "2026-12-24T18:00:00"], "allowed a time with its zone"),
        (["--at", "christmas"], "got 'christmas'; allowed a time with its zone"),
        (
            ["--header", "X-Forwarded-For=1"],
            "header: got 'X-Forwarded-For'; allowed sec-gpc, user-agent, sec-ch-ua",
        ),
        (["--header", "Sec-GPC"], "header: got 'Sec-GPC'; allowed NAME=VALUE"),
        (["--field", "=3"], "field: got '=3'; allowed NAME=VALUE"),
        (["--data-dir", "x"], "catalog: got one with --url or --data-dir"),
        (["--placement", "none"], "placement: got 'none'; there is no such placement"),
    ],
)
def test_wrong_options(slotwise: Any, catalogue: Path, options: list[str], problem: str) -> None:
    """What cannot be asked is refused in one line."""
    outcome = slotwise("context", "--catalog", catalogue, "--placement", "hero", *options)
    assert outcome.status in (1, 2)
    assert outcome.out == ""
    assert problem in outcome.err


def test_visitors_are_put_together_from_options() -> None:
    """Dotted names nest, hints stand under the device, and values are read as JSON where they are."""
    visitor = visitor_of(
        ip="192.0.2.1", headers=["Sec-CH-UA-Mobile=?1", "sec-gpc=0"],
        fields=["location.latitude=52.5", "page.tags=[\"a\"]", "vip=true", "page.name=7 up"],
    )  # fmt: skip
    assert visitor.context == {
        "location": {"ip": "192.0.2.1", "latitude": 52.5},
        "device": {"client_hints": {"Sec-CH-UA-Mobile": "?1"}},
        "page": {"tags": ["a"], "name": "7 up"},
        "vip": True,
    }
    assert not visitor.gpc
    with pytest.raises(Invalid, match="ip has a value"):
        visitor_of(ip="192.0.2.1", fields=["location.ip.x=1"])

# SPDX-License-Identifier: Apache-2.0
"""Settings of the context sources come from a file and from variables, and are checked before the start."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import pytest

from adapters import ADAPTERS
from bandit.commands.context_settings import add_context, context_settings, variables
from bandit.errors import Invalid
from bandit.service.context import sources_of
from bandit.settings import Settings

FILE = """
weather: {provider: met-no, agent: "shop.example ops@shop.example", interval_s: 600}
trends: {tags: [winter coats, sunscreen]}
consent: {ask_first: [location]}
"""


def settings(*arguments: str) -> dict[str, Any]:
    """What a command finds with these arguments."""
    parser = ArgumentParser()
    add_context(parser)
    return {name: dict(each) for name, each in context_settings(parser.parse_args(arguments)).items()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with settings."""
    path = tmp_path / "context.yaml"
    path.write_text(FILE, "utf-8")
    return path


def test_without_anything_nothing_is_set() -> None:
    """No file and no variable leave every adapter as it is."""
    assert settings() == {}


def test_a_variable_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable replaces one setting; the others of the file stay."""
    monkeypatch.setenv("SLOTWISE_CONTEXT", str(file))
    monkeypatch.setenv("SLOTWISE_WEATHER_INTERVAL_S", "1200")
    monkeypatch.setenv("SLOTWISE_WEATHER_KEY", "")
    found = settings()
    agent = "shop.example ops@shop.example"
    assert found["weather"] == {"provider": "met-no", "agent": agent, "interval_s": 1200.0}
    assert found["consent"] == {"ask_first": ["location"]}


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("SLOTWISE_WEATHER_ALLOW_PRIVATE", "true", True),
        ("SLOTWISE_WEATHER_ALLOW_PRIVATE", "no", False),
        ("SLOTWISE_WEATHER_KEY", "0123", "0123"),
        ("SLOTWISE_WEATHER_TIMEOUT_S", "2", 2.0),
        ("SLOTWISE_LOCATION_CELL_RESOLUTION", "5", 5),
        ("SLOTWISE_HOLIDAYS_COUNTRIES", "DE, US", ["DE", "US"]),
        (
            "SLOTWISE_HOLIDAYS_CALENDARS",
            "promos=/etc/p.ics,sport=s.ics",
            {"promos": "/etc/p.ics", "sport": "s.ics"},
        ),
        ("SLOTWISE_DAYTIME_PAY_DAYS", "15,31", [15, 31]),
        ("SLOTWISE_CONSENT_ASK_FIRST", "location,personalization", ["location", "personalization"]),
    ],
)
def test_variables_are_read_as_their_settings_are_typed(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, value: object
) -> None:
    """Text becomes a number, a yes or no, a list or a mapping where the setting is one."""
    monkeypatch.setenv(variable, text)
    name, setting = variables()[variable]
    assert settings() == {name: {setting: value}}


@pytest.mark.parametrize(
    ("variable", "text", "problem"),
    [
        ("SLOTWISE_WEATHER_PROVIDR", "met-no", "got a variable that sets nothing; allowed SLOTWISE_WEATHER_"),
        ("SLOTWISE_WEATHER_INTERVAL_S", "often", "got 'often'; allowed a number"),
        ("SLOTWISE_WEATHER_ALLOW_PRIVATE", "maybe", "got 'maybe'; allowed true or false"),
        ("SLOTWISE_LOCATION_CELL_RESOLUTION", "4.5", "got '4.5'; allowed a whole number"),
        ("SLOTWISE_HOLIDAYS_CALENDARS", "promos.ics", "got 'promos.ics'; allowed a mapping"),
        ("SLOTWISE_DAYTIME_PAY_DAYS", "1,x", "got 'x'; allowed a whole number"),
    ],
)
def test_wrong_variables_are_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, problem: str
) -> None:
    """A variable that sets nothing, or whose text is of another type, is refused by its name."""
    monkeypatch.setenv(variable, text)
    with pytest.raises(Invalid) as caught:
        settings()
    assert caught.value.message.startswith(variable)
    assert problem in caught.value.message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("wether: {}", "context: got 'wether'; allowed device, "),
        ("weather: {providr: x}", "context.weather: got 'providr'; allowed provider, url"),
        ("weather: {interval_s: often}", "context.weather.interval_s: got 'often'; allowed a number"),
        ("weather: [provider]", "context.weather: "),
        ("holidays: {countries: DE}", "context.holidays.countries: got 'DE'; allowed a list"),
        ("weather: {provider: acme}", "context.weather.provider: got 'acme'; allowed open-meteo, "),
        ("weather: {provider: met-no}", "context.weather.agent: got ''; allowed your site with an e-mail"),
        ("weather: {provider: open-meteo, url: 'http://10.0.0.1/'}", "context.weather.url: got "),
        ("consent: {ask_first: [everything]}", "consent.ask_first: got 'everything'; allowed location, "),
    ],
)
def test_a_wrong_file_stops_the_start(slotwise: Any, tmp_path: Path, text: str, problem: str) -> None:
    """One line names the setting, and no data directory is made."""
    path = tmp_path / "context.yaml"
    path.write_text(text, "utf-8")
    outcome = slotwise("serve", "--context", path, "--data-dir", tmp_path / "new", "--port", "0")
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith(f"slotwise: {problem}")
    assert not (tmp_path / "new").exists()


def test_a_file_that_is_not_there_is_no_reason_to_stay_down(serve: Any, tmp_path: Path) -> None:
    """A lost database is told in the program's log; the server starts and takes it when it comes."""
    path = tmp_path / "context.yaml"
    path.write_text(f"location: {{database: {tmp_path / 'no.mmdb'}}}", "utf-8")
    status, err = serve("--context", path).stop()
    (line,) = (json.loads(each) for each in err.splitlines() if "context_source" in each)
    assert (status, line["adapter"], line["level"]) == (0, "location", "warning")
    assert "no.mmdb" in line["problem"]


def test_keys_are_not_shown() -> None:
    """The object that holds the settings does not print what may be a provider's key."""
    given = Settings(data_dir=Path("d"), context={"weather": {"key": "s3cret"}})
    assert "s3cret" not in repr(given)


def test_sources_have_the_settings(file: Path) -> None:
    """Adapters named in the file exist from the start, and consent is asked as it says."""
    sources = sources_of(settings("--context", str(file)))
    assert {adapter.name for adapter in sources.adapters} == {"weather", "trends"}
    assert sources.enricher(["weather"]).rules.denied({}) == frozenset({"location"})


def test_every_setting_has_a_variable() -> None:
    """A setting of a new adapter can be given without further code."""
    assert {name for name, _ in variables().values()} == {*ADAPTERS, "consent"}

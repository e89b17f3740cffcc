# SPDX-License-Identifier: Apache-2.0
"""Weather: every provider passes the same tests against a server that speaks its documented shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.fetching import Fetcher
from adapters.weather import Weather
from adapters.weather_providers import PROVIDERS

BERLIN = {"location": {"latitude": 52.52, "longitude": 13.42}}
MakeWeather = Callable[..., Weather]


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    """Each provider of the table."""
    return str(request.param)


async def test_documented_answer(provider: str, make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """A provider's documented answer becomes the same few fields, whoever gave it."""
    weather = make_weather(provider)
    assert weather.features(BERLIN, at=clock.at) == {}
    await weather.refresh()
    known = dict(weather.features(BERLIN, at=clock.at))
    assert known.pop("feels_c") == pytest.approx(-8.0, abs=2.0)  # met.no gives none, it is computed
    assert known == {
        "temp_c": -3.5, "precipitation_mm": 1.2, "wind_ms": 4.0,
        "condition": "snow", "state": "fresh", "age_min": 0.0,
    }  # fmt: skip
    assert weather.why_missing(BERLIN, at=clock.at) == ""


async def test_request(provider: str, make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """A provider is asked for the cell's middle, in metric units, by someone with a name."""
    weather = make_weather(provider)
    weather.features({"location": {"latitude": 52.5187654, "longitude": 13.4212345}}, at=clock.at)
    await weather.refresh()
    (asked,) = stub.asked
    where = {name: value for name, value in asked.query.items() if name[:3] in ("lat", "lon")}
    assert sorted(where.values()) == ["13.50", "52.50"]
    assert asked.headers["User-Agent"] == "shop.example ops@shop.example"
    assert asked.headers["Accept-Encoding"] == "identity"
    units = {
        "open-meteo": ("wind_speed_unit", "ms"),
        "openweathermap": ("units", "metric"),
        "met-no": ("lat", "52.50"),
    }
    name, value = units[provider]
    assert asked.query[name] == value


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ({"misbehave": "hang"}, "timeout"),
        ({"misbehave": "stall"}, "timeout"),
        ({"misbehave": "huge"}, "too_large"),
        ({"misbehave": "endless"}, "too_large"),
        ({"misbehave": "redirect"}, "redirect"),
        ({"misbehave": "<html>maintenance</html>"}, "not_json"),
        ({"misbehave": '{"current": {"temperature_2m": NaN}}'}, "not_json"),
        ({"misbehave": "{}", "headers": {"Content-Encoding": "gzip"}}, "encoded"),
        ({"data": {"error": True, "reason": "x"}}, "unusable"),
        ({"data": []}, "unusable"),
        ({"data": None}, "unusable"),
        ({"status": 500}, "http_500"),
        ({"status": 401, "data": {"cod": 401, "message": "Invalid API key"}}, "http_401"),
        ({"status": 429, "data": {"cod": "429"}}, "http_429"),
        ({"status": 304}, "unusable"),
    ],
)
async def test_trouble_leaves_the_last_known(
    provider: str, trouble: dict[str, Any], reason: str, make_weather: MakeWeather, clock: Any, stub: Any
) -> None:
    """Whatever a provider does, the last known weather stays, is marked stale, in the end forgotten."""
    weather = make_weather(provider)
    weather.features(BERLIN, at=clock.at)
    await weather.refresh()
    first = weather.features(BERLIN, at=clock.at)
    if reason == "timeout":
        weather._fetcher = Fetcher(allow_private=True, timeout_s=0.2)
    clock.now += 1000
    for name, value in trouble.items():
        setattr(stub, name, value)
    await weather.refresh()
    assert (weather.counts[f"failed_{reason}"], len(stub.asked)) == (1, 2)
    assert weather.features(BERLIN, at=clock.at) == {**first, "age_min": 15.0}
    clock.now += 3000
    assert weather.features(BERLIN, at=clock.at)["state"] == "stale"
    clock.now += 20_000
    assert weather.features(BERLIN, at=clock.at) == {}
    assert reason in weather.why_missing(BERLIN, at=clock.at)
    assert (weather.counts["stale"], weather.counts["forgotten"]) == (1, 2)


def wrong(data: Any, provider: str, temperature: float) -> Any:
    """The documented answer with another temperature."""
    if provider == "open-meteo":
        data["current"]["temperature_2m"] = temperature
    elif provider == "openweathermap":
        data["main"]["temp"] = temperature
    else:
        data["properties"]["timeseries"][1]["data"]["instant"]["details"]["air_temperature"] = temperature
    return data


async def test_implausible_numbers(provider: str, make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """A temperature in Kelvin is left out, and the state says so; a cold but real one is clipped."""
    weather = make_weather(provider)
    weather.features(BERLIN, at=clock.at)
    stub.data = wrong(stub.data, provider, 269.65)
    await weather.refresh()
    known = weather.features(BERLIN, at=clock.at)
    assert ("temp_c" in known, known["state"], known["wind_ms"]) == (False, "out_of_range", 4.0)
    assert "no plausible value of temp_c" in weather.why_missing(BERLIN, at=clock.at)
    clock.now += 1000
    stub.data = wrong(stub.data, provider, -60.0)
    await weather.refresh()
    known = weather.features(BERLIN, at=clock.at)
    assert (known["temp_c"], known["state"]) == (-30.0, "fresh")


async def test_other_units_are_refused(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """Where the provider names its units, any other than those asked for spoils the answer."""
    weather = make_weather("open-meteo")
    weather.features(BERLIN, at=clock.at)
    stub.data["current_units"]["temperature_2m"] = "°F"
    await weather.refresh()
    assert weather.counts["failed_unusable"] == 1
    assert weather.features(BERLIN, at=clock.at) == {}


async def test_not_modified(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """met.no is asked again when its answer expires, with If-Modified-Since; a 304 renews what is known."""
    weather = make_weather("met-no")
    modified = "Sat, 21 Nov 2026 11:30:00 GMT"
    stub.headers = {
        "Last-Modified": modified,
        "Date": "Sat, 21 Nov 2026 12:00:00 GMT",
        "Expires": "Sat, 21 Nov 2026 13:00:00 GMT",
    }
    weather.features(BERLIN, at=clock.at)
    await weather.refresh()
    clock.now += 3000  # past the interval, before Expires
    await weather.refresh()
    assert len(stub.asked) == 1
    clock.now += 1000
    stub.status = 304
    await weather.refresh()
    assert stub.asked[1].headers["If-Modified-Since"] == modified
    assert weather.features(BERLIN, at=clock.at)["age_min"] == 0.0


async def test_deprecated_version_is_counted(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """A 203, by which met.no announces the end of a version, is used and counted."""
    weather = make_weather("met-no")
    weather.features(BERLIN, at=clock.at)
    stub.status = 203
    await weather.refresh()
    assert weather.counts["deprecated"] == 1
    assert weather.features(BERLIN, at=clock.at)["condition"] == "snow"

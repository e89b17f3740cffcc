# SPDX-License-Identifier: Apache-2.0
"""When the weather is fetched: once a cell and interval, never for a request, and not from everywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters import build
from adapters.weather import Weather

BERLIN = {"location": {"latitude": 52.52, "longitude": 13.42}}
MakeWeather = Callable[..., Weather]


def at_cell(number: int) -> dict[str, object]:
    """A request from one of many cells."""
    return {"location": {"latitude": number * 0.5, "longitude": 10.0}}


async def test_one_call_under_a_herd(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """Five hundred requests at expiry, refreshes running side by side: one call."""
    weather = make_weather()
    weather.features(BERLIN, at=clock.at)
    await weather.refresh()
    clock.now += 1000
    for _ in range(500):
        assert weather.features(BERLIN, at=clock.at)["condition"] == "snow"
    await asyncio.gather(*(weather.refresh() for _ in range(20)))
    assert len(stub.asked) == 2


async def test_a_request_asks_nobody(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """Reading never calls the provider, however stale the memory; nor does a refresh that nobody wants."""
    weather = make_weather()
    await weather.refresh()
    for _ in range(3):
        clock.now += 100_000
        assert weather.features(BERLIN, at=clock.at) == {}
    assert stub.asked == []


async def test_cells_nobody_asks_for_are_dropped(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """A cell without requests is not refreshed for ever."""
    weather = make_weather(stale_s=900, forget_s=900)
    weather.features(BERLIN, at=clock.at)
    await weather.refresh()
    clock.now += 2000
    await weather.refresh()
    assert (len(stub.asked), len(weather._cells)) == (1, 0)


async def test_cells_stay_bounded(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """More cells than allowed push out those that were asked for the longest ago."""
    weather = make_weather(most_cells=10)
    for number in range(50):
        clock.now += 1
        weather.features(at_cell(number), at=clock.at)
    await weather.refresh()
    latitudes = {float(request.query["latitude"]) for request in stub.asked}
    assert latitudes == {number * 0.5 for number in range(40, 50)}


async def test_breaker(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """A provider that fails is left alone, then tried by a single call, then trusted again."""
    weather = make_weather()
    for number in range(20):
        weather.features(at_cell(number), at=clock.at)
    stub.status = 500
    await weather.refresh()
    tried = len(stub.asked)
    await weather.refresh()
    assert 3 <= tried == len(stub.asked) <= 6  # four workers may be under way when the third failure comes
    clock.now += 31
    await weather.refresh()
    assert len(stub.asked) == tried + 1
    stub.status = 200
    clock.now += 61
    await weather.refresh()
    await weather.refresh()
    clock.now += 900
    await weather.refresh()
    assert weather.counts["fetched"] >= 20


async def test_retry_after(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """A provider that asks for a pause gets it, after a single answer of that kind."""
    weather = make_weather()
    weather.features(BERLIN, at=clock.at)
    stub.status, stub.headers = 429, {"Retry-After": "500"}
    await weather.refresh()
    clock.now += 499
    await weather.refresh()
    assert len(stub.asked) == 1
    clock.now += 2
    await weather.refresh()
    assert len(stub.asked) == 2


async def test_rate(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """OpenWeatherMap's sixty calls a minute hold, however many cells are wanted; the rest comes later."""
    weather = make_weather("openweathermap")
    for number in range(100):
        weather.features(at_cell(number), at=clock.at)
    for _ in range(3):
        await weather.refresh()
    assert len(stub.asked) == 60
    assert weather.counts["rate_limited"] > 0
    clock.now += 61
    await weather.refresh()
    assert len(stub.asked) == 100


async def test_private_targets_are_refused(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """Without leave no loopback server is asked, even if a public-looking name leads there."""
    with pytest.raises(ValueError, match=r"context\.weather\.url: got 'http.*allowed https"):
        make_weather(allow_private=False)
    port = stub.url.rsplit(":", 1)[1]
    weather = Weather(provider="open-meteo", url=f"https://localhost:{port}/x", clock=clock)
    weather.features(BERLIN, at=clock.at)
    await weather.refresh()
    assert (weather.counts["failed_refused"], stub.asked) == (1, [])


async def test_a_cancelled_refresh_can_be_repeated(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """A refresh that is cut off, as at shutdown, leaves no cell waiting for ever."""
    weather = make_weather()
    weather.features(BERLIN, at=clock.at)
    stub.misbehave = "hang"
    task = asyncio.create_task(weather.refresh())
    await stub.was_asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    stub.misbehave = ""
    await weather.refresh()
    assert weather.features(BERLIN, at=clock.at)["condition"] == "snow"


async def test_the_key_is_not_shown(
    make_weather: MakeWeather, clock: Any, stub: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The provider's key goes to the provider and nowhere else, not into a log of any level either."""
    caplog.set_level("DEBUG")
    weather = make_weather("openweathermap")
    weather.features(BERLIN, at=clock.at)
    stub.status, stub.data = 401, {"cod": 401, "message": "Invalid API key s3cret-key"}
    await weather.refresh()
    logged = [each.getMessage() for each in caplog.records if each.name != "aiohttp.access"]  # the stub's own
    shown = f"{weather.settings!r} {weather.why_missing(BERLIN, at=clock.at)} {weather.counts} {logged}"
    assert stub.asked[0].query["appid"] == "s3cret-key"
    assert logged
    assert "s3cret-key" not in shown


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"provider": "acme"}, r"provider: got 'acme'; allowed open-meteo, openweathermap, met-no"),
        ({"provider": "openweathermap"}, r"key: got 'none'; allowed the key"),
        ({"provider": "met-no", "agent": "shop"}, r"agent: got 'shop'; allowed your site"),
        ({"agent": "a\r\nX-Evil: 1"}, r"agent: got .*; allowed printable ASCII"),
        ({"interval_s": 1}, r"interval_s: got 1; allowed 60 to 86400"),
        ({"interval_s": 0.5, "allow_private": True}, r"interval_s: got 0\.5; allowed 1 to 86400"),
        ({"interval_s": float("nan")}, r"interval_s: got nan; allowed 60 to 86400"),
        ({"grid_deg": "1"}, r"grid_deg: got '1'; allowed 0.05 to 5"),
        ({"stale_s": 900, "forget_s": 800}, r"forget_s: got 800; allowed stale_s \(900\) or more"),
        ({"provider": "open-meteo", "url": "https://u:p@api.example/"}, r"url: got .*; allowed https"),
        ({"clock": 1}, r"got 'clock'; allowed provider"),
    ],
)
def test_refuses_settings(settings: dict[str, Any], message: str) -> None:
    """Settings that cannot work are refused with the field, the value and what is allowed."""
    with pytest.raises(ValueError, match=message):
        build(["weather"], settings={"weather": settings})


def test_a_server_of_ones_own_may_be_asked_more_often() -> None:
    """Seconds between two fetches are for private servers, which nobody's terms protect."""
    (weather,) = build(["weather"], settings={"weather": {"interval_s": 2, "allow_private": True}})
    assert weather.settings.interval_s == 2  # type: ignore[attr-defined]


def test_off_without_a_provider() -> None:
    """Without a provider there is no weather, and that is the reason given."""
    (weather,) = build(["weather"])
    assert (
        weather.why_missing(BERLIN, at=datetime(2026, 11, 21, tzinfo=UTC))
        == "no weather provider is configured"
    )

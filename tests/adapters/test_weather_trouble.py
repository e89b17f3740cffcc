# SPDX-License-Identifier: Apache-2.0
"""A weather server that is broken or hostile: what was known stays, nothing is asked twice."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.fetching import Fetcher
from adapters.weather import Weather
from simulator.worlds.weather import CITIES, Skies
from simulator.worlds.weather_provider import WeatherProvider
from simulator.worlds.weather_trouble import TROUBLES

REASONS = {
    "hang": "timeout",
    "stall": "timeout",
    "drip": "timeout",
    "break_off": "connection",
    "http_500": "http_500",
    "retry_after": "http_429",
    "html": "not_json",
    "truncated": "not_json",
    "gigabyte": "too_large",
    "endless": "too_large",
    "endless_headers": "connection",
    "gzip_bomb": "encoded",
    "nan": "not_json",
    "redirect": "redirect",
    "units": "unusable",
    "no_http": "connection",
}
BELIEVED = {"kelvin": "out_of_range", "picture": "fresh"}  # read, as far as it can be weather
SLOW = {"hang", "stall", "drip"}
MOST_MEMORY = 8 << 20
OSLO = {"location": dict(zip(("latitude", "longitude"), CITIES["oslo"], strict=True))}


@pytest.fixture
async def provider() -> AsyncIterator[WeatherProvider]:
    """A provider that can misbehave."""
    provider = WeatherProvider(Skies().at)
    await provider.start()
    yield provider
    await provider.stop()


async def ready(provider: WeatherProvider, clock: Any, trouble: str) -> Weather:
    """An adapter whose knowledge of a cell has just expired, and now there is trouble."""
    weather = Weather(provider="open-meteo", url=provider.url, allow_private=True, clock=clock)
    weather.features(OSLO, at=clock.at)
    await weather.refresh()
    if trouble in SLOW:
        weather._fetcher = Fetcher(allow_private=True, timeout_s=0.2)
    clock.now += 1000
    provider.trouble = trouble
    return weather


def test_every_trouble_is_tried() -> None:
    """All that the provider can do wrong has an outcome here."""
    assert {*REASONS, *BELIEVED} == {*TROUBLES}


@pytest.mark.parametrize("trouble", REASONS)
async def test_the_last_known_stays(trouble: str, provider: WeatherProvider, clock: Any) -> None:
    """Five hundred requests at expiry make one call; its failure is counted, and all get an answer."""
    weather = await ready(provider, clock, trouble)
    before = weather.counts
    answers = []

    async def visit() -> None:
        answers.append(weather.features(OSLO, at=clock.at))

    async with asyncio.TaskGroup() as group:
        for number in range(500):
            group.create_task(visit())
            if number % 50 == 0:
                group.create_task(weather.refresh())
    assert answers == [{**answers[0], "condition": "snow", "temp_c": -4.0, "state": "fresh"}] * 500
    assert weather.counts - before == {"fresh": 500, f"failed_{REASONS[trouble]}": 1}
    assert weather.problem == REASONS[trouble]
    assert (provider.asked.total(), provider.most_at_once) == (2, 1)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_memory_is_bounded(trouble: str, provider: WeatherProvider, clock: Any) -> None:
    """Whatever is sent, only some megabytes of it are ever held; the provider's own buffers count as well."""
    weather = await ready(provider, clock, trouble)
    tracemalloc.start()
    try:
        await weather.refresh()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert provider.asked.total() == 2
    assert most < MOST_MEMORY


@pytest.mark.parametrize("trouble", BELIEVED)
async def test_what_can_be_believed(trouble: str, provider: WeatherProvider, clock: Any) -> None:
    """An answer under a wrong name is read; of one in silent Kelvin only what can be true is."""
    weather = await ready(provider, clock, trouble)
    await weather.refresh()
    known = weather.features(OSLO, at=clock.at)
    assert (known["state"], known["condition"], known["age_min"]) == (BELIEVED[trouble], "snow", 0.0)
    assert ("temp_c" in known, "feels_c" in known) == ((trouble == "picture"),) * 2
    assert weather.counts["fetched"] == 2


async def test_a_pause_of_centuries_is_a_day(provider: WeatherProvider, clock: Any) -> None:
    """Who asks to be left alone is, but no longer than a day."""
    weather = await ready(provider, clock, "retry_after")
    await weather.refresh()
    provider.trouble = ""
    for wait_s, asked in ((86_000, 2), (500, 3)):
        clock.now += wait_s
        weather.features(OSLO, at=clock.at)
        await weather.refresh()
        assert provider.asked.total() == asked
    assert weather.features(OSLO, at=clock.at)["state"] == "fresh"


async def test_trouble_ends(provider: WeatherProvider, clock: Any) -> None:
    """Once the server is well again, the weather is fresh again, also after the breaker had opened."""
    weather = await ready(provider, clock, "http_500")
    for _ in range(5):
        await weather.refresh()
        clock.now += 60
    provider.trouble = ""
    clock.now += 600
    await weather.refresh()
    assert weather.features(OSLO, at=clock.at)["age_min"] == 0.0
    assert weather.problem == ""

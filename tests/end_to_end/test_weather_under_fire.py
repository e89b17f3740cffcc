# SPDX-License-Identifier: Apache-2.0
"""The service under fire from its weather provider: rank answers, and the trace says what was known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pytest_aiohttp.plugin import AiohttpClient

from adapters.fetching import Fetcher
from adapters.sources import Sources
from adapters.weather import Weather
from bandit.log.memory import MemoryLog
from bandit.service import Service
from bandit.service.identity import Identity
from bandit.settings import Settings
from bandit.web.app import create_app
from simulator.worlds.weather import CITIES, Skies
from simulator.worlds.weather_provider import WeatherProvider
from simulator.worlds.weather_trouble import TROUBLES

VISITORS, HERD = 60, 500
SLOW = {"hang", "stall", "drip"}
OSLO = {"location": dict(zip(("latitude", "longitude"), CITIES["oslo"], strict=True))}
PLACEMENT = {"context": ["weather"], "arms": {"coats": {}, "sunscreen": {}}}
SNOW = {
    "weather.condition": "snow",
    "weather.temp_c": -4.0,
    "weather.feels_c": -9.5,
    "weather.precipitation_mm": 1.2,
    "weather.wind_ms": 5.0,
}


@pytest.fixture
async def provider() -> AsyncIterator[WeatherProvider]:
    """A provider that can misbehave."""
    provider = WeatherProvider(Skies().at)
    await provider.start()
    yield provider
    await provider.stop()


class Shop:
    """The real application on a clock of its own, and its weather."""

    def __init__(self, client: Any, weather: Weather) -> None:
        self.client = client
        self.weather = weather

    async def rank(self) -> dict[str, Any]:
        """A page for a visitor from Oslo."""
        async with self.client.post("/v1/rank", json={"placement": "home", "context": OSLO}) as reply:
            assert reply.status == 200
            page: dict[str, Any] = await reply.json()
            return page

    async def trace(self, page: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was known when a page was made, and the states of sources that were not at their best."""
        async with self.client.get(f"/v1/decisions/{page['decision_id']}") as reply:
            trace = await reply.json()
            return trace["context"], trace["sources"]


class Clock:
    """Unix seconds that pass when told to."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def open_shop(
    aiohttp_client: AiohttpClient, provider: WeatherProvider, tmp_path: Path
) -> Callable[..., Awaitable[Shop]]:
    """Open a shop whose weather comes from the provider."""

    async def opened(clock: Clock) -> Shop:
        weather = {"provider": "open-meteo", "url": provider.url, "allow_private": True}
        sources = Sources(settings={"weather": weather}, clock=clock)
        service = Service(
            Settings(data_dir=tmp_path, authenticate=False),
            open_store=lambda committed: MemoryLog(committed=committed),
            names=Identity(bytes(32)),
            clock=clock,
            sources=sources,
        )
        await service.changes.put_placement("home", PLACEMENT, by="test")
        client = await aiohttp_client(create_app(service))
        adapter = next(each for each in sources.adapters if isinstance(each, Weather))
        return Shop(client, adapter)

    return opened


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_rank_answers_and_the_trace_tells(
    trouble: str, provider: WeatherProvider, open_shop: Callable[..., Awaitable[Shop]]
) -> None:
    """Whatever the trouble, all get their page; the trace says that the weather was stale, then forgotten."""
    clock = Clock()
    shop = await open_shop(clock)
    first = await shop.rank()
    await shop.weather.refresh()
    fresh = await shop.rank()
    provider.trouble = trouble
    if trouble in SLOW:
        shop.weather._fetcher = Fetcher(allow_private=True, timeout_s=0.2)
    clock.now += 4000
    refreshing = asyncio.create_task(shop.weather.refresh())
    pages = await asyncio.gather(*(shop.rank() for _ in range(VISITORS)))
    await refreshing
    last = await shop.rank()
    clock.now += 20_000
    forgotten = await shop.rank()

    assert not any(page["fallback"] for page in (first, fresh, *pages, last, forgotten))
    assert await shop.trace(first) == ({}, {"weather": "not_fetched"})
    assert await shop.trace(fresh) == ({**SNOW, "weather.state": "fresh", "weather.age_min": 0.0}, {})
    old = {**SNOW, "weather.state": "stale", "weather.age_min": 65.0}, {"weather": "stale"}
    if trouble == "picture":
        assert await shop.trace(last) == await shop.trace(fresh)
    elif trouble == "kelvin":
        assert (await shop.trace(last))[1] == {"weather": "out_of_range"}
    else:
        assert [await shop.trace(page) for page in (pages[0], pages[-1], last)] == [old] * 3
        assert await shop.trace(forgotten) == ({}, {"weather": "forgotten"})
        assert sum(count for name, count in shop.weather.counts.items() if name.startswith("failed_")) >= 1
    assert provider.most_at_once == 1


async def test_one_question_a_cell_while_the_provider_hangs(
    start_server: Callable[..., Any], provider: WeatherProvider
) -> None:
    """Five hundred visitors at a time, and a provider that says nothing: one question for each cell."""
    server = start_server(
        SLOTWISE_WEATHER_PROVIDER="open-meteo",
        SLOTWISE_WEATHER_URL=provider.url,
        SLOTWISE_WEATHER_ALLOW_PRIVATE="true",
        SLOTWISE_WEATHER_TIMEOUT_S="60",
    )
    provider.trouble = "hang"
    places = [{"latitude": latitude, "longitude": longitude} for latitude, longitude in CITIES.values()][:3]
    async with aiohttp.ClientSession(server.url, connector=aiohttp.TCPConnector(limit=HERD)) as session:
        async with session.put("/v1/placements/home", json=PLACEMENT) as reply:
            assert reply.status == 201

        async def rank(number: int) -> bool:
            body = {"placement": "home", "context": {"location": places[number % len(places)]}}
            async with session.post("/v1/rank", json=body) as reply:
                return reply.status == 200 and not (await reply.json())["fallback"]

        good = await asyncio.gather(*(rank(number) for number in range(HERD)))
        await provider.wait_until_asked(len(places))
        good += await asyncio.gather(*(rank(number) for number in range(HERD)))
    assert (len(good), all(good)) == (2 * HERD, True)
    assert sorted(provider.asked.values()) == [1] * len(places)

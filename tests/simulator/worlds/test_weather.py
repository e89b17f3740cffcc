# SPDX-License-Identifier: Apache-2.0
"""The world of the weather story: its skies, its visitors, and a provider that tells of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from itertools import islice

import aiohttp
import orjson
import pytest
import yaml

from adapters.weather_providers import PROVIDERS
from bandit.core.catalogue import parse_catalogue, parse_placement
from simulator.worlds.weather import CITIES, PLACEMENT, PROMOS, SKIES, Skies, Sky, World, visits
from simulator.worlds.weather_provider import WeatherProvider, forecast
from simulator.worlds.weather_story import VARIANTS, Seen, clicks, gain, rates

CONDITIONS = {"snow": "snow", "sun": "clear", "rain": "rain"}


@pytest.fixture
async def provider() -> AsyncIterator[WeatherProvider]:
    """A provider that tells the truth."""
    provider = WeatherProvider(Skies().at)
    await provider.start()
    yield provider
    await provider.stop()


def test_the_catalogue_is_one() -> None:
    """The sample can be applied as it is, and so can every variant of its placement."""
    arms = parse_catalogue(yaml.safe_load(PROMOS.read_text("utf-8")))[PLACEMENT].arms
    for fields in VARIANTS.values():
        assert parse_placement(World().placement(fields)).arms == arms


def test_each_sky_has_its_promo() -> None:
    """Under each sky another promo is the best, by far; without knowing the sky none is nearly as good."""
    world, arms = World(), list(parse_catalogue(yaml.safe_load(PROMOS.read_text("utf-8")))[PLACEMENT].arms)
    best = {sky.name: max(arms, key=lambda arm: world.rate(arm, sky)) for sky in SKIES}
    assert best == {"snow": "winter-coats", "sun": "sunscreen", "rain": "umbrellas"}
    blind = max(sum(world.rate(arm, sky) for sky in SKIES) / len(SKIES) for arm in arms)
    assert blind < 0.5 * min(world.best(sky) for sky in SKIES)


def test_skies_move_on() -> None:
    """Each sky is over a third of the cities, and over every city in its turn."""
    skies, seen = Skies(), {city: set[str]() for city in CITIES}
    for _ in SKIES:
        assert set(Counter(skies.over(city) for city in CITIES).values()) == {len(CITIES) // len(SKIES)}
        for city, names in seen.items():
            names.add(skies.over(city).name)
        skies.move_on()
    assert all(names == {sky.name for sky in SKIES} for names in seen.values())


def test_cells_keep_cities_apart() -> None:
    """The middle of the cell that the adapter asks for still belongs to the city."""
    skies = Skies()
    for city, (latitude, longitude) in CITIES.items():
        assert skies.at(round(latitude * 4) / 4, round(longitude * 4) / 4) == skies.over(city)


def test_visitors_are_the_same_for_the_same_seed() -> None:
    """A seed tells who comes from where with what luck; another seed tells another story."""
    first, again, other = (list(islice(visits(seed=seed), 200)) for seed in (1, 1, 2))
    assert first == again != other
    assert {visit.city for visit in first} == set(CITIES)
    assert all(0 <= visit.luck < 1 for visit in first)


@pytest.mark.parametrize("sky", SKIES, ids=lambda sky: sky.name)
def test_the_forecast_is_understood(sky: Sky) -> None:
    """The adapter reads of the provider's answer what the sky is."""
    seen = PROVIDERS["open-meteo"]().read(forecast(sky, (1.0, 2.0)), now=0.0)
    assert (seen.condition, seen.temp_c, seen.wind_ms) == (CONDITIONS[sky.name], sky.temp_c, sky.wind_ms)
    assert seen.precipitation_mm == pytest.approx(4 * sky.precipitation_mm)


async def test_the_provider_goes_and_comes_back(provider: WeatherProvider) -> None:
    """It is found at the same address again; between that nobody answers there."""
    where = {"latitude": "60.00", "longitude": "10.75"}
    async with aiohttp.ClientSession() as session:
        await provider.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(provider.url, params=where)
        await provider.start()
        async with session.get(provider.url, params=where) as reply:
            assert orjson.loads(await reply.read())["current"]["weather_code"] == 73
    assert provider.asked == {(60.0, 10.75): 1}


async def test_trouble_with_breaks(provider: WeatherProvider) -> None:
    """A provider that is well every third time is so in spite of its trouble."""
    provider.trouble, provider.well_every = "http_500", 3
    async with aiohttp.ClientSession() as session:
        statuses = []
        for _ in range(6):
            async with session.get(provider.url, params={"latitude": "1.0", "longitude": "2.0"}) as reply:
                statuses.append(reply.status)
    assert statuses == [500, 500, 200] * 2


def test_gains_are_told_with_their_interval() -> None:
    """The gain is the mean of the seeds' differences; seeds that agree leave nothing in doubt."""
    seen = [
        Seen(variant, seed, number, "a", False, clicked, 0.25, 0.5)
        for seed in (1, 2, 3)
        for variant, clicked in (("weather", True), ("plain", False))
        for number in range(4)
    ]
    assert clicks(seen, "weather") == {1: 1.0, 2: 1.0, 3: 1.0}
    assert rates(seen, "plain") == {1: 0.25, 2: 0.25, 3: 0.25}
    assert gain(clicks(seen, "weather"), clicks(seen, "plain")) == (1.0, 1.0, 1.0)
    mean, low, high = gain({1: 0.3, 2: 0.5, 3: 0.4}, {1: 0.1, 2: 0.1, 3: 0.1})
    assert (round(mean, 3), round(low, 3), round(high, 3)) == (0.3, 0.052, 0.548)

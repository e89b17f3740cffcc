# SPDX-License-Identifier: Apache-2.0
"""The story of the weather, through the real server: it pays to know it, and nothing waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import aiohttp
import pytest

from simulator.worlds.weather import CITIES, Skies
from simulator.worlds.weather_provider import WeatherProvider
from simulator.worlds.weather_story import Seen, Story, clicks, gain, rates

SEEDS = range(5)
FIRST, VISITS = 60, 120  # to find out what works, and to be judged by
LEAST_GAIN = 0.08  # clicks per visit, where without weather there are about 0.15
SETTINGS = {
    "SLOTWISE_WEATHER_PROVIDER": "open-meteo",
    "SLOTWISE_WEATHER_ALLOW_PRIVATE": "true",
    "SLOTWISE_WEATHER_INTERVAL_S": "1",
    "SLOTWISE_WEATHER_STALE_S": "2",
    "SLOTWISE_WEATHER_FORGET_S": "7",
}


@pytest.fixture
def skies() -> Skies:
    """Snow, sun and rain, each over a third of the cities."""
    return Skies()


@pytest.fixture
async def provider(skies: Skies) -> AsyncIterator[WeatherProvider]:
    """A weather provider that tells the truth."""
    provider = WeatherProvider(skies.at)
    await provider.start()
    yield provider
    await provider.stop()


@pytest.fixture
async def story(
    start_server: Callable[..., Any], provider: WeatherProvider, skies: Skies
) -> AsyncIterator[Story]:
    """The placement with weather and without, on a server that knows the provider."""
    server = start_server(**SETTINGS, SLOTWISE_WEATHER_URL=provider.url)
    async with aiohttp.ClientSession(server.url) as session:
        story = Story(session, skies, variants=("weather", "plain"), seeds=SEEDS)
        await story.open()
        yield story


def advantage(seen: Sequence[Seen]) -> float:
    """By how many clicks per visit what was shown with weather is expected to be better."""
    return gain(rates(seen, "weather"), rates(seen, "plain")).mean


async def test_weather_pays_and_its_loss_stops_nobody(
    story: Story, provider: WeatherProvider, skies: Skies
) -> None:
    """Knowing the weather earns clearly more, follows it when it changes, lasts a while without the provider,
    and then is missing: every visitor gets a ranked page all the time."""

    def known(city: str, context: Mapping[str, object]) -> bool:
        return context.get("weather.temp_c") == skies.over(city).temp_c

    def stale(_: str, context: Mapping[str, object]) -> bool:
        return context.get("weather.state") == "stale"

    def missing(_: str, context: Mapping[str, object]) -> bool:
        return not any(name.startswith("weather.") for name in context)

    await story.until(known)
    await story.play(FIRST)
    seen = await story.play(VISITS)
    assert gain(clicks(seen, "weather"), clicks(seen, "plain")).low > LEAST_GAIN

    skies.move_on()
    await story.until(known)
    moved = await story.play(40)
    assert advantage(moved) > LEAST_GAIN

    await provider.stop()
    asked = provider.asked.total()
    last_known = await story.play(15)
    await story.until(stale)
    last_known += await story.play(15)
    assert await story.known("oslo") == {
        "device.form_factor": "phone",
        "weather.condition": "clear",
        "weather.temp_c": 28.0,
        "weather.state": "stale",
    }
    assert advantage(last_known) > LEAST_GAIN

    await story.until(missing)
    without = await story.play(15)
    assert len(without) == 15 * 2 * len(SEEDS)
    assert not any(each.fallback for each in story.seen)
    assert provider.asked.total() == asked
    assert (len(provider.asked), provider.most_at_once) == (len(CITIES), 1)

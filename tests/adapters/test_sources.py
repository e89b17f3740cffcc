# SPDX-License-Identifier: Apache-2.0
"""Sources: one of each adapter for all placements."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters import Adapter
from adapters.refreshing import keep_fresh
from adapters.sources import Sources
from adapters.timezones import timezones

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BERLIN = {"location": {"latitude": 52.52, "longitude": 13.42}}


async def test_placements_share_the_weather(stub: Any, documented: dict[str, Any]) -> None:
    """Two placements that want the same cell make one call between them."""
    stub.data = documented["open-meteo"]
    settings = {"weather": {"provider": "open-meteo", "url": f"{stub.url}/x", "allow_private": True}}
    sources = Sources(settings=settings)
    first, second = sources.enricher(["weather"]), sources.enricher(["device", "weather"])
    for enricher in (first, second):
        enricher.known(BERLIN, at=datetime.now(UTC))
    for adapter in sources.adapters:
        await adapter.refresh()
    found = [
        enricher.known(BERLIN, at=datetime.now(UTC)).values["weather.temp_c"] for enricher in (first, second)
    ]
    assert (len(stub.asked), found) == (1, [-3.5, -3.5])


def test_settings_for_location_serve_other_adapters(write_geo: Callable[..., Path]) -> None:
    """With a database configured, daytime follows addresses even where location is no feature."""
    sources = Sources(settings={"location": {"database": str(write_geo())}})
    known = sources.enricher(["daytime"]).known({"location": {"ip": "5.1.2.3"}}, at=AT)
    assert (known.values["daytime.clock"], known.values["daytime.part"]) == ("local", "morning")
    assert all(name.startswith("daytime.") for name in known.values)


def test_the_same_names_give_the_same_enricher() -> None:
    """Placements that switch on the same adapters share all that is remembered."""
    sources = Sources()
    assert sources.enricher(["device", "daytime", "device"]) is sources.enricher(["device", "daytime"])
    assert [adapter.name for adapter in sources.adapters] == ["device", "daytime"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"wether": {}}, "context settings: got 'wether'; allowed device"),
        ({"weather": {"provider": "acme"}}, r"context\.weather\.provider: got 'acme'"),
        ({"device": {"x": 1}}, r"context\.device: got 'x'; allowed memo"),
    ],
)
def test_bad_settings_are_found_at_the_start(settings: dict[str, dict[str, object]], message: str) -> None:
    """What no placement needs yet is checked all the same."""
    with pytest.raises(ValueError, match=message):
        Sources(settings=settings)


def test_unknown_names_are_refused() -> None:
    """A placement cannot switch on what does not exist."""
    with pytest.raises(ValueError, match="context: got 'x'; allowed device"):
        Sources().enricher(["x"])


async def test_adapters_that_come_later_are_refreshed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter of a placement that is added while the service runs is kept fresh too."""
    sources = Sources()
    sources.enricher(["device"])
    refreshed: set[str] = set()
    both = asyncio.Event()

    def count(adapter: Adapter) -> None:
        async def refresh() -> None:
            refreshed.add(adapter.name)
            if refreshed == {"device"}:
                sources.enricher(["daytime"])
                count(sources.adapters[1])
            if refreshed == {"device", "daytime"}:
                both.set()

        monkeypatch.setattr(adapter, "refresh", refresh)

    count(sources.adapters[0])
    told: list[Exception] = []
    task = asyncio.create_task(
        keep_fresh(lambda: sources.adapters, every_s=0, on_error=lambda _, error: told.append(error))
    )
    await both.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (refreshed, told) == ({"device", "daytime"}, [])


def test_time_zones_are_read_before_the_first_request() -> None:
    """Whoever names a zone first does not wait for all of them to be read."""
    timezones.cache_clear()
    sources = Sources()
    read = timezones.cache_info().misses
    sources.enricher(["daytime"]).known({"time_zone": "Europe/Berlin"}, at=AT)
    assert (read, timezones.cache_info().misses) == (1, 1)

# SPDX-License-Identifier: Apache-2.0
"""How long the whole context of a request takes with all adapters on: warm (remembered) and cold (all new).

    python -m benchmarks.context_speed --database city.mmdb

Prints the microseconds of single requests, median and 99th percentile; exit status 1 when a median is above
its target. Weather and holidays are filled beforehand, from a provider on loopback, as they are in service.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import web

from adapters import ADAPTERS
from adapters.enrich import Enricher
from adapters.signals import Signal
from adapters.sources import Sources
from adapters.trends import Trends

WARM_US, COLD_US = 20.0, 150.0  # the targets
AT = datetime.now(UTC)
AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{}.0 Safari/537.36"
)
ANSWER = {
    "current_units": {"temperature_2m": "°C", "wind_speed_10m": "m/s"},
    "current": {"temperature_2m": -3.5, "apparent_temperature": -8, "precipitation": 0.3, "wind_speed_10m": 4,
                "weather_code": 73, "interval": 900},
}  # fmt: skip


def request(number: int) -> dict[str, object]:
    """A visitor on a device, from an address and at coordinates that no other number has."""
    return {
        "device": {
            "user_agent": AGENT.format(100 + number),
            "client_hints": {"Sec-CH-UA-Platform": '"Windows"', "Sec-CH-UA-Mobile": "?0"},
        },
        "location": {
            "ip": f"5.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
            "latitude": 30.0 + number % 2000 / 100,
            "longitude": -120.0 + number // 20 % 4000 / 100,
            "country": "US",
            "region": "NY",
        },
        "page": {"section": "news"},
    }


@asynccontextmanager
async def provider() -> AsyncIterator[str]:
    """The address of a weather provider on loopback, where it is the same weather everywhere."""

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(ANSWER)

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def filled(database: str, url: str) -> Enricher:
    """All adapters, their caches filled from the provider at `url`."""
    settings: dict[str, dict[str, object]] = {
        "weather": {
            "provider": "open-meteo",
            "url": url,
            "allow_private": True,
            "grid_deg": 5.0,
        },
        "trends": {"tags": ["winter coats", "sun screen", "coffee"]},
        "location": {"database": database} if database else {},
    }
    enricher = Sources(settings=settings).enricher(ADAPTERS)
    for adapter in enricher.adapters:
        if isinstance(adapter, Trends):
            adapter.put_signal("season", Signal({"Winter storm": 0.8}, time.time() + 86_400))
    for _ in range(3):  # the first round asks for the holidays' regions, the second for the visitors' own
        for number in range(0, 4000, 7):
            enricher.known(request(number), at=AT)
        for adapter in enricher.adapters:
            await adapter.refresh()
    return enricher


async def ready(database: str) -> Enricher:
    """The same, from a provider that is gone afterwards: no fetch is under way while time is taken."""
    async with provider() as url:
        return await filled(database, url)


def timed(one: Callable[[], object], *, times: int) -> Iterator[float]:
    """Microseconds of each call."""
    for _ in range(times):
        start = time.perf_counter_ns()
        one()
        yield (time.perf_counter_ns() - start) / 1000


def main() -> int:
    """Measure, print, compare with the targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="", help="a MaxMind-format city database; none where left out")
    parser.add_argument("--times", type=int, default=20_000)
    options = parser.parse_args()
    enricher = asyncio.run(ready(options.database))
    same = request(0)
    fields = enricher.known(same, at=AT).values
    warm = list(timed(lambda: enricher.known(same, at=AT), times=options.times))
    numbers = itertools.count(1)

    def new_visitor() -> object:
        return enricher.known(request(next(numbers)), at=AT)

    def new_visitor_and_hour() -> object:
        number = next(numbers)
        return enricher.known(request(number), at=AT + timedelta(minutes=15 * number))

    few = min(options.times, 5000)
    rows = {
        "warm": (warm, WARM_US),
        "new visitor": (list(timed(new_visitor, times=few)), COLD_US),
        "new visitor and hour": (list(timed(new_visitor_and_hour, times=few)), COLD_US),
    }
    missed = False
    for name, (times, target) in rows.items():
        median, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
        missed |= median > target
        row = {"case": name, "fields": len(fields), "median_us": round(median, 1), "p99_us": round(p99, 1)}
        print(json.dumps({**row, "target_us": target}))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

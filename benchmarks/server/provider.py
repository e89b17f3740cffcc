# SPDX-License-Identifier: Apache-2.0
"""A weather provider as a process of its own: prints its address, then takes a trouble a line from stdin.

    python benchmarks/server/provider.py [WELL_EVERY]

WELL_EVERY: every so many questions one is answered well in spite of the trouble, so that no breaker opens.
"""

from __future__ import annotations

import asyncio
import sys

from simulator.worlds.weather import Skies
from simulator.worlds.weather_provider import WeatherProvider


async def serve(well_every: int) -> None:
    """Serve until stdin ends."""
    provider = WeatherProvider(Skies().at)
    provider.well_every = well_every
    await provider.start()
    print(provider.url, flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        provider.trouble = line.strip()
        print(provider.asked.total(), flush=True)
    await provider.stop()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))

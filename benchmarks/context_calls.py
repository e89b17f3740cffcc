# SPDX-License-Identifier: Apache-2.0
"""What one call to a weather provider costs the event loop that ranks, provider healthy and in every trouble.

    python benchmarks/context_calls.py [--calls 30]

A rank can be late because of the weather only while the event loop is busy with a call. So each step of each
call is timed in processor time, which other programs hardly disturb: all steps of a call together, and the
longest of them. The provider is a process of its own. Waiting is not counted, for nobody waits.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import time
from asyncio.events import Handle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from server.child import Provider

from adapters.fetching import Fetcher, FetchFailed, Request
from simulator.worlds.weather import CITIES
from simulator.worlds.weather_trouble import TROUBLES

HEALTHY = "(none)"
HEAD = f"{'trouble':16} {'ends as':12} {'ms a call':>9} {'most':>7} {'ms a step':>9} {'most':>7} {'ratio':>7}"
TIMEOUT_S = 1.0  # less than the default of 5, which would only add waiting
LATITUDE, LONGITUDE = CITIES["oslo"]


@contextmanager
def timed_steps() -> Iterator[list[float]]:
    """Note the processor time of every step of the event loop, in milliseconds."""
    steps: list[float] = []
    run = Handle._run

    def timed(handle: Handle) -> None:
        start = time.thread_time_ns()
        run(handle)
        steps.append((time.thread_time_ns() - start) / 1e6)

    setattr(Handle, "_run", timed)  # noqa: B010 (the one place that sees every step)
    try:
        yield steps
    finally:
        setattr(Handle, "_run", run)  # noqa: B010


async def calls(fetcher: Fetcher, request: Request, *, times: int) -> tuple[list[float], list[float], str]:
    """Processor milliseconds of each call, the longest step of each, and how the last call ended."""
    totals, longest, end = [], [], ""
    for _ in range(times):
        with timed_steps() as steps:
            try:
                await fetcher.get(request)
                end = "read"
            except FetchFailed as error:
                end = error.reason
        totals.append(sum(steps))
        longest.append(max(steps))
    return totals, longest, end


def row(trouble: str, found: tuple[Any, Any, str], healthy: float) -> str:
    """One line of the table."""
    totals, longest, end = found
    median = statistics.median(totals)
    return (
        f"{trouble:16} {end:12} {median:9.2f} {max(totals):7.2f} {statistics.median(longest):9.2f} "
        f"{max(longest):7.2f} {median / healthy:7.2f}"
    )


async def measure(times: int) -> None:
    """Print a row a trouble."""
    provider = Provider(well_every=0)
    try:
        fetcher = Fetcher(allow_private=True, timeout_s=TIMEOUT_S)
        where = {"latitude": f"{LATITUDE:.2f}", "longitude": f"{LONGITUDE:.2f}"}
        request = Request(url=provider.url, params=where)
        await calls(fetcher, request, times=5)
        gc.freeze()  # as the server does
        healthy = await calls(fetcher, request, times=times)
        usual = statistics.median(healthy[0])
        print(HEAD)
        print(row(HEALTHY, healthy, usual))
        for trouble in TROUBLES:
            provider.become(trouble)
            print(row(trouble, await calls(fetcher, request, times=times), usual), flush=True)
    finally:
        provider.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--calls", type=int, default=30, help="for each trouble")
    asyncio.run(measure(parser.parse_args().calls))


if __name__ == "__main__":
    main()

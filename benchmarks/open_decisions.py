# SPDX-License-Identifier: Apache-2.0
"""What a million decisions that wait for their rewards cost: memory, and the speed of the ranks after them.

    python benchmarks/open_decisions.py [--decisions 1000000]

The service runs in this process without HTTP; every decision waits a day, so all stay open in the store.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import tempfile
import time
from pathlib import Path

import uvloop

from bandit.log.sqlite import SqliteLog
from bandit.service import Service
from bandit.service.identity import Identity
from bandit.settings import Settings

_AT_ONCE = 64


def resident_mb() -> float:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def rank(service: Service, count: int) -> float:
    """Make decisions, so many at once; returns how many a second."""

    async def visitor(number: int) -> None:
        for turn in range(count // _AT_ONCE):
            await service.rank("bench", {"page": {"section": "news"}}, user=f"u-{number}-{turn}")

    start = time.perf_counter()
    await asyncio.gather(*(visitor(number) for number in range(_AT_ONCE)))
    return count / (time.perf_counter() - start)


async def main() -> None:
    """Print the figures before and after."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--decisions", type=int, default=1_000_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        service = Service(
            Settings(data_dir=data),
            open_store=lambda committed: SqliteLog.open(data, committed=committed),
            names=Identity.open(data / "secret"),
        )
        await service.start()
        arms = {f"arm-{n:02d}": {} for n in range(20)}
        placement = {"slots": 3, "context": ["daytime"], "reward": {"wait_s": 86_400}, "arms": arms}
        await service.changes.put_placement("bench", placement, by="benchmark")
        await rank(service, 20_000)
        gc.collect()
        before, speed = resident_mb(), await rank(service, 20_000)
        filling = await rank(service, args.decisions)
        gc.collect()
        after, speed_after = resident_mb(), await rank(service, 20_000)
        print(f"open decisions {args.decisions}: resident {before:.0f} MB before, {after:.0f} MB after")
        print(f"ranks per second: {speed:.0f} before, {filling:.0f} meanwhile, {speed_after:.0f} after")
        await service.close()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main())

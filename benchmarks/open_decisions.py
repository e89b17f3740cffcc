# SPDX-License-Identifier: Apache-2.0
"""What a million decisions that wait for their rewards cost: memory, and the speed of the ranks after them.

    python benchmarks/open_decisions.py [--decisions 1000000]

The service runs in this process without HTTP; every decision waits a day, so all stay open in the store. A
second service, which holds next to nothing, takes turns with it afterwards: so the two are compared on the
same machine in the same minute.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import tempfile
import time
from pathlib import Path

import uvloop

from bandit.log.sqlite import SqliteLog
from bandit.service import Service
from bandit.service.identity import Identity
from bandit.settings import Settings

_AT_ONCE = 64
_TURN = 20_000


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


async def started(data: Path) -> Service:
    """A service on an empty data directory, with one placement whose decisions wait a day."""
    service = Service(
        Settings(data_dir=data),
        open_store=lambda committed: SqliteLog.open(data, committed=committed),
        names=Identity.open(data / "secret"),
    )
    await service.start()
    arms = {f"arm-{n:02d}": {} for n in range(20)}
    placement = {"slots": 3, "context": ["daytime"], "reward": {"wait_s": 86_400}, "arms": arms}
    await service.changes.put_placement("bench", placement, by="benchmark")
    await rank(service, _TURN)
    return service


async def main() -> None:
    """Print the memory before and after, and a row for each turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--turns", type=int, default=9)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        full, empty = await started(Path(first)), await started(Path(second))
        gc.collect()
        before = resident_mb()
        filling = await rank(full, args.decisions)
        gc.collect()
        print(f"{args.decisions} open decisions at {filling:.0f}/s")
        print(f"resident: {before:.0f} MB before, {resident_mb():.0f} MB after")
        ratios = []
        for _ in range(args.turns):
            with_few, with_many = await rank(empty, _TURN), await rank(full, _TURN)
            ratios.append(with_many / with_few)
            print(f"few {with_few:8.0f}/s   many {with_many:8.0f}/s   ratio {ratios[-1]:.3f}", flush=True)
        print(f"median ratio {statistics.median(ratios):.3f}")
        await full.close()
        await empty.close()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main())

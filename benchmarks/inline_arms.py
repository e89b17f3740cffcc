# SPDX-License-Identifier: Apache-2.0
"""What ranks cost whose arms were never seen before: memory, snapshot and speed, tenth by tenth.

    python benchmarks/inline_arms.py [--ranks 1000000] [--policy '{"kind": "linucb_hybrid"}']

The service runs in this process without HTTP, with its log on the disk. Every rank brings three arms that are
described by two features and that nobody will bring again; one visitor in ten likes what was shown for its
topic and clicks. The last columns compare with the first tenth: CPU time, which neighbours on the machine
disturb less than the clock, and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import tempfile
import time
from itertools import count
from pathlib import Path

import uvloop

from bandit.core.catalogue import Arm
from bandit.core.join import Posted
from bandit.core.snapshot import dump
from bandit.log.sqlite import SqliteLog
from bandit.service import Service
from bandit.service.identity import Identity
from bandit.settings import Settings

_AT_ONCE = 64
_TOPICS = ("sport", "politics", "film", "science", "travel")
_ALL: frozenset[str] = frozenset()


def resident_mb() -> float:
    """Memory of this process that is in RAM."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def new_arms(number: int) -> dict[str, Arm]:
    """Three arms that nobody has seen."""
    return {
        f"article-{number}-{i}": Arm(
            features={"topic": _TOPICS[(number + i) % len(_TOPICS)], "age_h": float(number % 24)},
            payload={"url": f"/articles/{number}/{i}"},
        )
        for i in range(3)
    }


async def rank(service: Service, numbers: count[int], ranks: int) -> tuple[float, float]:
    """Rank so often, some at once; returns seconds a rank, by the clock and of this process's CPU time."""

    async def visitor() -> None:
        for _ in range(ranks // _AT_ONCE):
            number = next(numbers)
            arms = new_arms(number)
            ranked = await service.rank("news", {"page": {"section": "front"}}, arms=arms)
            decided = ranked.decided
            if number % 10 == 0 and arms[decided.slots[0]].features["topic"] == "sport":
                posted = Posted(decided.decision, event="click")
                await service.rewarding.reward(posted, scope=_ALL, at=service.clock())

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(visitor() for _ in range(_AT_ONCE)))
    return (time.perf_counter() - wall) / ranks, (time.process_time() - cpu) / ranks


async def main() -> None:
    """Print a row for each tenth."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ranks", type=int, default=1_000_000)
    parser.add_argument("--policy", type=json.loads, default={"kind": "linucb_hybrid"})
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        service = Service(
            Settings(data_dir=data),
            open_store=lambda committed: SqliteLog.open(data, committed=committed),
            names=Identity.open(data / "secret"),
        )
        await service.start()
        placement = {"context": ["daytime"], "policy": args.policy}
        await service.changes.put_placement("news", placement, by="benchmark")
        numbers, first = count(), (1.0, 1.0)
        columns = ("ranks", "ranks/s", "CPU us/rank", "resident MB", "snapshot kB", "CPU", "memory")
        print("".join(f"{column:>13}" for column in columns))
        for tenth in range(1, 11):
            wall, cpu = await rank(service, numbers, args.ranks // 10)
            gc.collect()
            memory = resident_mb()
            if tenth == 1:
                first = (cpu, memory)
            service.live.catch_up()
            size = len(dump(service.live.state)) / 1e3
            ranks = tenth * (args.ranks // 10)
            print(
                f"{ranks:>13}{1 / wall:>13.0f}{1e6 * cpu:>13.0f}{memory:>13.1f}{size:>13.1f}"
                f"{cpu / first[0]:>13.2f}{memory / first[1]:>13.2f}",
                flush=True,
            )
        await service.close()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(main())

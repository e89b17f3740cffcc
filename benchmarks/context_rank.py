# SPDX-License-Identifier: Apache-2.0
"""What context costs a rank over HTTP: the server's own CPU time with all adapters on, against none.

    python -m benchmarks.context_rank

One `slotwise serve` with three placements that differ only in their adapters; rounds of requests take turns
between them. CPU time is that of the server's threads, as the kernel counts it (Linux), so that neither the
load generator nor other processes are in it. Exit status 1 when the ratio is below its target.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aiohttp import ClientSession, TCPConnector

from adapters import ADAPTERS
from benchmarks.context_speed import provider, request

TARGET = 0.85  # throughput with all adapters on, in parts of the throughput with none
PLACEMENTS = {"none": [], "device and daytime": ["device", "daytime"], "all": list(ADAPTERS)}
JSON = {"Content-Type": "application/json"}
VISITORS, CONNECTIONS, ROUND = 300, 32, 400


@contextmanager
def served(weather_url: str) -> Iterator[tuple[str, int]]:
    """A server with weather from `weather_url`: its address and its process id."""
    settings = {
        "SLOTWISE_WEATHER_PROVIDER": "open-meteo",
        "SLOTWISE_WEATHER_URL": weather_url,
        "SLOTWISE_WEATHER_ALLOW_PRIVATE": "true",
        "SLOTWISE_WEATHER_GRID_DEG": "5",
    }
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bandit", "serve", "--open", "--port", "0", "--data-dir", folder]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **settings},
        )
        try:
            line = process.stdout.readline() if process.stdout else ""
            if "ready on" not in line:
                sys.exit(f"serve: got {line!r}; it should say that it is ready")
            yield line.split()[-1], process.pid
        finally:
            process.terminate()
            process.wait()


def cpu_us(pid: int) -> float:
    """Microseconds of CPU that the threads of a process have used."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1000


def bodies(placement: str) -> list[bytes]:
    """Ranks for visitors who differ in all that adapters read, and on pages of several kinds."""
    return [
        json.dumps(
            {
                "placement": placement,
                "context": {**request(number), "page": {"section": f"s{number % 7}", "age": number % 11}},
            }
        ).encode()
        for number in range(VISITORS)
    ]


class Load:
    """A closed loop of requests from one process."""

    def __init__(self, client: ClientSession, pid: int, asked: Mapping[str, list[bytes]]) -> None:
        self._client = client
        self._pid = pid
        self._asked = asked

    async def round(self, name: str, *, count: int = ROUND) -> float:
        """Microseconds of the server's CPU for each of `count` ranks."""
        turns = iter(range(count))
        before = cpu_us(self._pid)
        await asyncio.gather(*(self._one_after_the_other(name, turns) for _ in range(CONNECTIONS)))
        return (cpu_us(self._pid) - before) / count

    async def _one_after_the_other(self, name: str, turns: Iterator[int]) -> None:
        for turn in turns:
            body = self._asked[name][turn % VISITORS]
            async with self._client.post("/v1/rank", data=body, headers=JSON) as reply:
                reply.raise_for_status()
                await reply.read()


async def measured(url: str, pid: int, *, policy: str, rounds: int) -> dict[str, list[float]]:
    """The CPU of each round, by placement."""
    arms = {f"arm-{n}": {"features": {"price": float(n), "tags": f"tag{n}"}} for n in range(10)}
    async with ClientSession(url, connector=TCPConnector(limit=CONNECTIONS), raise_for_status=True) as client:
        names = {name: name.replace(" ", "-") for name in PLACEMENTS}
        for name, adapters in PLACEMENTS.items():
            data = {"slots": 3, "policy": {"kind": policy}, "context": adapters, "arms": arms}
            await client.put(f"/v1/placements/{names[name]}", json=data)
        await client.put("/v1/signals/season", json={"topics": {"tag3": 0.7}})
        load = Load(client, pid, {name: bodies(names[name]) for name in PLACEMENTS})
        for _ in range(3):  # weather and holidays come in the background, a second apart
            await load.round("all", count=2 * VISITORS)
            await asyncio.sleep(1.5)
        for name in PLACEMENTS:
            await load.round(name)
        found: dict[str, list[float]] = {name: [] for name in PLACEMENTS}
        for _ in range(rounds):
            for name, each in found.items():
                each.append(await load.round(name))
    return found


async def main() -> int:
    """Measure, print, compare with the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", default="linucb")
    parser.add_argument("--rounds", type=int, default=31)
    given = parser.parse_args()
    async with provider() as weather_url:
        with served(weather_url) as (url, pid):
            found = await measured(url, pid, policy=given.policy, rounds=given.rounds)
    ratio = 0.0
    for name, each in found.items():
        # Rounds that were next to each other: what slows the machine slows both.
        ratio = statistics.median(a / b for a, b in zip(found["none"], each, strict=True))
        row = {"adapters": name, "cpu_us": round(statistics.median(each), 1), "throughput": round(ratio, 3)}
        print(json.dumps({"policy": given.policy, **row}))
    return int(ratio < TARGET)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

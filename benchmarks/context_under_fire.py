# SPDX-License-Identifier: Apache-2.0
"""How much later a rank is answered while the weather provider misbehaves: p99 beside that of a healthy one.

    python benchmarks/context_under_fire.py [--seconds 10] [--rate 200] [--troubles hang drip ...]

Two equal servers on core 0, one with a healthy provider and one with a hostile one; load and providers on
core 1; data in memory, where there is such a folder, so that no disk blurs the picture. An open loop asks the
servers in turn, request by request, so that whatever else the machine does meets both. Every third question
is answered well, so that the breaker never opens: a provider that is always in trouble is soon left alone,
and costs less. The first row is a control: both providers are healthy.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import httpx
import numpy as np
from server.child import Provider
from server.load import interleaved, pinned

from simulator.intervals.student import quantile
from simulator.worlds.weather import CITIES
from simulator.worlds.weather_trouble import TROUBLES

PORTS = (8195, 8196)
HEALTHY = "(none)"
USUAL = [HEALTHY, "hang", "http_500", "html", "gigabyte", "endless", "nan", "redirect", "units"]
WARM_S = 3.0
MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of a random name in it)
BLOCKS = 20  # of requests in their order, for the spread
RESAMPLES = 2_000
SETTINGS = {
    "SLOTWISE_WEATHER_PROVIDER": "open-meteo",
    "SLOTWISE_WEATHER_ALLOW_PRIVATE": "true",
    "SLOTWISE_WEATHER_INTERVAL_S": "30",  # 30 times as often as by default
    "OPENBLAS_NUM_THREADS": "1",
}
PLACEMENT = {
    "slots": 3,
    "policy": {"kind": "linucb"},
    "context": ["device", "daytime", "weather"],
    "arms": {f"arm-{number:02d}": {"payload": {"title": "A"}} for number in range(20)},
}


class Row(NamedTuple):
    """What was seen under one trouble: healthy and hostile, and the ratio of p99 with its interval."""

    trouble: str
    p50: tuple[float, float]
    p99: tuple[float, float]
    ratio: float
    low: float
    high: float
    cpu_us: tuple[float, float]


def bodies() -> list[bytes]:
    """Ranks from all cities, so that all cells are wanted all the time."""
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile"
    return [
        json.dumps(
            {
                "placement": "bench",
                "user": f"u-{city}",
                "context": {
                    "device": {"user_agent": agent},
                    "location": {"latitude": latitude, "longitude": longitude, "time_zone": "Europe/Berlin"},
                },
            }
        ).encode()
        for city, (latitude, longitude) in CITIES.items()
    ]


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """Processor time that a process has used so far."""
    stat = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def ratio_of_p99(healthy: np.ndarray, hostile: np.ndarray) -> tuple[float, float, float]:
    """The ratio of 99th percentiles and its 95 % interval, from a paired bootstrap of blocks in time."""
    rng = np.random.default_rng(1)
    pairs = list(zip(np.array_split(healthy, BLOCKS), np.array_split(hostile, BLOCKS), strict=True))
    found = []
    for _ in range(RESAMPLES):
        drawn = [pairs[index] for index in rng.integers(BLOCKS, size=BLOCKS)]
        one, other = (np.percentile(np.concatenate(side), 99) for side in zip(*drawn, strict=True))
        found.append(other / one)
    low, high = np.percentile(found, [2.5, 97.5])
    return float(np.percentile(hostile, 99) / np.percentile(healthy, 99)), float(low), float(high)


def start(port: int, url: str, folder: Path) -> subprocess.Popen[bytes]:
    """A server with the weather from a provider, ready to rank."""
    data = folder / str(port)
    log = folder / f"{port}.log"
    process = pinned(
        0, sys.executable, "-m", "bandit", "serve", "--open", "--port", str(port), "--data-dir", str(data),
        log=log, **SETTINGS, SLOTWISE_WEATHER_URL=url,
    )  # fmt: skip
    for _ in range(300):
        try:
            httpx.put(f"http://127.0.0.1:{port}/v1/placements/bench", json=PLACEMENT).raise_for_status()
            return process
        except httpx.TransportError:
            if process.poll() is not None:
                break
            time.sleep(0.05)
    sys.exit(f"server does not answer: {log.read_text()}")


def measured(trouble: str, *, rate: float, seconds: float) -> Row:
    """Two new servers, and what the trouble of one of them costs."""
    well, ill = Provider(well_every=0), Provider(well_every=3)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        servers = [
            start(port, provider.url, Path(folder)) for port, provider in zip(PORTS, (well, ill), strict=True)
        ]
        try:
            interleaved("127.0.0.1", PORTS, "/v1/rank", bodies(), key="open", rate=rate, seconds=WARM_S)
            before = ill.become("" if trouble == HEALTHY else trouble)
            used = [cpu_s(server) for server in servers]
            healthy, hostile = interleaved(
                "127.0.0.1", PORTS, "/v1/rank", bodies(), key="open", rate=rate, seconds=seconds
            )
            used = [cpu_s(server) - each for server, each in zip(servers, used, strict=True)]
            if ill.become("") <= before:
                sys.exit(f"{trouble}: the provider was not asked at all")
        finally:
            for each in servers:
                each.terminate()
                each.wait()
            well.stop()
            ill.stop()
    p50, p99 = (
        tuple(1000 * float(np.percentile(each, share)) for each in (healthy, hostile)) for share in (50, 99)
    )
    cpu_us = used[0] / len(healthy) * 1e6, used[1] / len(hostile) * 1e6
    return Row(trouble, p50, p99, *ratio_of_p99(healthy, hostile), cpu_us)  # type: ignore[arg-type]


def geometric(ratios: Sequence[float]) -> str:
    """The geometric mean of ratios, with Student's 95 % interval of it."""
    logs = np.log(ratios)
    half = quantile(0.95, effective_rows=len(logs)) * logs.std(ddof=1) / len(logs) ** 0.5
    mean, low, high = (float(np.exp(logs.mean() + each)) for each in (0, -half, half))
    return f"{mean:.3f} ({low:.3f} to {high:.3f})"


def main() -> None:
    """Measure, print a row a trouble."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="for each trouble")
    parser.add_argument("--rounds", type=int, default=1, help="of each trouble")
    parser.add_argument("--rate", type=float, default=200.0, help="ranks a second, both servers together")
    parser.add_argument("--troubles", nargs="*", default=USUAL, choices=[HEALTHY, *TROUBLES])
    given = parser.parse_args()
    print(f"{'trouble':16} {'p50 ms':>13} {'p99 ms':>15} {'p99 ratio (95 %)':>24} {'CPU us a rank':>15}")
    ratios = []
    for trouble in [each for each in given.troubles for _ in range(given.rounds)]:
        row = measured(trouble, rate=given.rate, seconds=given.seconds)
        if trouble != HEALTHY:
            ratios.append(row.ratio)
        print(
            f"{row.trouble:16} {row.p50[0]:6.2f} {row.p50[1]:6.2f} {row.p99[0]:7.2f} {row.p99[1]:7.2f} "
            f"{row.ratio:8.3f} ({row.low:.3f} to {row.high:.3f}) {row.cpu_us[0]:7.0f} {row.cpu_us[1]:7.0f}",
            flush=True,
        )
    if len(ratios) > 1:
        print(f"all troubles: p99 ratio {geometric(ratios)}")


if __name__ == "__main__":
    main()

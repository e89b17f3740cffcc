# SPDX-License-Identifier: Apache-2.0
"""How much of a bare endpoint's throughput is left when each rank is decided, learned from and durable.

    python benchmarks/rank_speed.py [--seconds 5] [--rounds 3] [--connections 128]

Servers on core 0, load on core 1, the servers in turn. Then, in turn again, latency at half of our peak rate
by an open loop: that of the bare server tells what the machine itself adds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from server.load import closed_loop, open_loop, pinned

_HERE = Path(__file__).parent
BARE, OURS = 8191, 8192  # ports
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_AGENTS = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/126.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36",
]
_ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo"]


def bodies() -> list[bytes]:
    """Rank requests of about 320 bytes from different visitors."""
    rng = np.random.default_rng(7)
    return [
        json.dumps(
            {
                "placement": "bench",
                "context": {
                    "device": {"user_agent": _AGENTS[rng.integers(3)]},
                    "location": {"time_zone": _ZONES[rng.integers(3)]},
                    "page": {
                        "section": str(rng.choice(["news", "sport", "shop"])),
                        "depth": int(rng.integers(9)),
                    },
                },
                "user": f"u-{n}",
            }
        ).encode()
        for n in range(200)
    ]


def catalogue(path: Path, *, policy: str, adapters: str) -> None:
    """20 arms, 3 slots, a 32-long vector."""
    arms = "\n".join(f"      arm-{n:02d}: {{payload: {{title: A}}}}" for n in range(20))
    path.write_text(
        f"placements:\n  bench:\n    slots: 3\n    policy: {{kind: {policy}}}\n    context: [{adapters}]\n"
        f"    features: {{dimension: 32}}\n    arms:\n{arms}\n"
    )


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the server answers anything at all."""
    for _ in range(200):
        try:
            httpx.get(url, timeout=1)
            return
        except httpx.TransportError:
            if process.poll() is not None:
                sys.exit(f"server stopped: {log.read_text()}")
            time.sleep(0.05)
    sys.exit(f"server does not answer: {log.read_text()}")


@contextmanager
def servers(folder: Path, *, policy: str, adapters: str) -> Iterator[str]:
    """Run the bare server and ours; yields a key."""
    log, data = folder / "server.log", str(folder / "data")
    catalogue(folder / "catalogue.yaml", policy=policy, adapters=adapters)
    slotwise = [sys.executable, "-m", "bandit"]
    made = subprocess.run(
        [*slotwise, "keys", "create", "--role", "server", "--data-dir", data, "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    serve = [*slotwise, "serve", "--data-dir", data, "--port", str(OURS)]
    bare = pinned(0, sys.executable, str(_HERE / "server" / "bare.py"), str(BARE), log=log)
    ours = pinned(0, *serve, "--catalog", f"{folder}/catalogue.yaml", log=log)
    try:
        wait_for(f"http://127.0.0.1:{BARE}/", bare, log)
        wait_for(f"http://127.0.0.1:{OURS}/healthz", ours, log)
        yield json.loads(made.stdout)["key"]
    finally:
        for process in (bare, ours):
            process.terminate()
            process.wait()


def throughput(load: list[bytes], key: str, *, rounds: int, seconds: int, connections: int) -> float:
    """Print a row a round and the median of their ratios; our median requests per second."""
    ratios, rates = [], []
    for _ in range(rounds + 1):
        bare, ours = (
            closed_loop(
                f"http://127.0.0.1:{port}/v1/rank",
                load,
                key=key,
                seconds=seconds,
                connections=connections,
                core=1,
            )
            for port in (BARE, OURS)
        )
        ratios.append(ours.per_second / bare.per_second)
        rates.append(ours.per_second)
        print(
            f"bare {bare.per_second:8.0f}/s   slotwise {ours.per_second:8.0f}/s   "
            f"ratio {ratios[-1]:.3f}   failed {bare.failed + ours.failed}"
        )
    # The first round warms caches and is not counted.
    print(f"median ratio {statistics.median(ratios[1:]):.3f}")
    return statistics.median(rates[1:])


def latency(load: list[bytes], key: str, *, rounds: int, seconds: int, rate: float) -> None:
    """Print a row a round and the median of our p99, at a rate."""
    print(f"at {rate:.0f}/s:")
    tails = []
    for _ in range(rounds):
        bare, ours = (
            1000 * open_loop("127.0.0.1", port, "/v1/rank", load, key=key, rate=rate, seconds=seconds)
            for port in (BARE, OURS)
        )
        p50, p99 = np.percentile(ours, [50, 99])
        tails.append(p99)
        print(
            f"bare p99 {np.percentile(bare, 99):6.2f} ms   slotwise p50 {p50:6.2f} ms   p99 {p99:6.2f} ms   "
            f"max {ours.max():5.1f} ms"
        )
    print(f"median p99 {statistics.median(tails):.2f} ms")


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--policy", default="linucb")
    parser.add_argument("--adapters", default="device, daytime")
    args = parser.parse_args()
    # This process is the load at a given rate: on the core of the servers it would take from them.
    os.sched_setaffinity(0, {1})
    load, turns = bodies(), {"rounds": args.rounds, "seconds": args.seconds}
    with (
        tempfile.TemporaryDirectory() as folder,
        servers(Path(folder), policy=args.policy, adapters=args.adapters) as key,
    ):
        peak = throughput(load, key, connections=args.connections, **turns)
        latency(load, key, rate=peak / 2, **turns)


if __name__ == "__main__":
    main()

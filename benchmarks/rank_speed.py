# SPDX-License-Identifier: Apache-2.0
"""How much of a bare endpoint's throughput is left when each rank is decided, learned from and durable.

    python benchmarks/rank_speed.py [--seconds 5] [--rounds 3] [--connections 128]

Servers on core 0, load on core 1, the servers in turn. Then, in turn again, latency by an open loop, of each
server at half of its own peak rate: that of the bare server tells what the machine itself adds.
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


def throughput(
    load: list[bytes], key: str, *, rounds: int, seconds: int, connections: int
) -> tuple[float, float]:
    """Print a row a round and the median of their ratios; the median rates, of the bare server and ours."""
    rates = []
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
        rates.append((bare.per_second, ours.per_second))
        print(
            f"bare {bare.per_second:8.0f}/s   slotwise {ours.per_second:8.0f}/s   "
            f"ratio {ours.per_second / bare.per_second:.3f}   failed {bare.failed + ours.failed}"
        )
    # The first round warms caches and is not counted.
    counted = rates[1:]
    print(f"median ratio {statistics.median(ours / bare for bare, ours in counted):.3f}")
    return statistics.median(bare for bare, _ in counted), statistics.median(ours for _, ours in counted)


def latency(
    load: list[bytes], key: str, *, rounds: int, seconds: int, bare_rate: float, our_rate: float
) -> None:
    """Print a row a round and the medians of p99, of each server at a rate of its own."""
    print(f"bare at {bare_rate:.0f}/s, slotwise at {our_rate:.0f}/s:")
    tails = []
    for _ in range(rounds):
        bare, ours = (
            1000 * open_loop("127.0.0.1", port, "/v1/rank", load, key=key, rate=rate, seconds=seconds)
            for port, rate in ((BARE, bare_rate), (OURS, our_rate))
        )
        bare_tail, our_tail = np.percentile(bare, 99), np.percentile(ours, 99)
        tails.append((bare_tail, our_tail))
        print(
            f"bare p99 {bare_tail:6.2f} ms   "
            f"slotwise p50 {np.median(ours):6.2f} ms   p99 {our_tail:6.2f} ms   max {ours.max():5.1f} ms"
        )
    bares, own = zip(*tails, strict=True)
    print(f"median p99: bare {statistics.median(bares):.2f} ms, slotwise {statistics.median(own):.2f} ms")


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
        bare, ours = throughput(load, key, connections=args.connections, **turns)
        latency(load, key, bare_rate=bare / 2, our_rate=ours / 2, **turns)


if __name__ == "__main__":
    main()

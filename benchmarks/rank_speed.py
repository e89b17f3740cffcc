# SPDX-License-Identifier: Apache-2.0
"""How much of a bare endpoint's throughput is left when each rank is decided, learned from and durable.

    python benchmarks/rank_speed.py [--seconds 5] [--rounds 5] [--connections 128]

Servers on core 0, load on core 1. A round is: the peak of each server, then the latency of each by an open
loop at half of the peak that it has just shown, so that a machine whose speed changes from one minute to the
next is asked for what it can do at the time. That of the bare server tells what the machine itself adds.
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
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

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


class Round(NamedTuple):
    """What one round found.

    Args:
        bare, ours: peak rates, requests per second.
        bare_p99, our_p50, our_p99, our_max: latencies at half of them, ms.
    """

    bare: float
    ours: float
    bare_p99: float
    our_p50: float
    our_p99: float
    our_max: float


def played(load: list[bytes], key: str, *, seconds: int, connections: int) -> Round:
    """Find the peaks of both servers, then the latencies of each at half of its own."""
    peaks = []
    for port in (BARE, OURS):
        url = f"http://127.0.0.1:{port}/v1/rank"
        found = closed_loop(url, load, key=key, seconds=seconds, connections=connections, core=1)
        if found.failed:
            sys.exit(f"{url}: {found.failed} requests were refused")
        peaks.append(found.per_second)
    bare, ours = (
        1000 * open_loop("127.0.0.1", port, "/v1/rank", load, key=key, rate=peak / 2, seconds=seconds)
        for port, peak in zip((BARE, OURS), peaks, strict=True)
    )
    return Round(*peaks, np.percentile(bare, 99), np.median(ours), np.percentile(ours, 99), ours.max())


def report(rounds: Iterable[Round]) -> None:
    """Print a row a round, and the medians of all but the first, which warms caches."""
    print("  bare/s  slotwise/s  ratio   at half of it: bare p99, ms   slotwise p50    p99    max")
    counted = []
    for number, each in enumerate(rounds):
        rates = f"{each.bare:8.0f}  {each.ours:10.0f}  {each.ours / each.bare:.3f}"
        ours = f"{each.our_p50:12.2f} {each.our_p99:6.2f} {each.our_max:6.2f}"
        print(f"{rates}   {each.bare_p99:27.2f}   {ours}{'' if number else '  not counted'}", flush=True)
        if number:
            counted.append(each)
    ratio = statistics.median(each.ours / each.bare for each in counted)
    bare, ours = statistics.median(r.bare_p99 for r in counted), statistics.median(r.our_p99 for r in counted)
    print(f"medians: ratio {ratio:.3f}, p99 at half of its peak {ours:.2f} ms (bare {bare:.2f})")
    # A slow machine is slow in both: in requests of the bare server latencies of two machines compare.
    spans = statistics.median(each.our_p99 * each.bare / 1000 for each in counted)
    print(f"in the time of this p99 the bare server answers {spans:.0f} requests at its peak")


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--policy", default="linucb")
    parser.add_argument("--adapters", default="device, daytime")
    args = parser.parse_args()
    # This process is the load at a given rate: on the core of the servers it would take from them.
    os.sched_setaffinity(0, {1})
    load, turn = bodies(), {"seconds": args.seconds, "connections": args.connections}
    with (
        tempfile.TemporaryDirectory() as folder,
        servers(Path(folder), policy=args.policy, adapters=args.adapters) as key,
    ):
        report(played(load, key, **turn) for _ in range(args.rounds + 1))


if __name__ == "__main__":
    main()

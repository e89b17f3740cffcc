# SPDX-License-Identifier: Apache-2.0
"""How much of a bare endpoint's throughput is left when each rank is decided, learned from and durable.

    python benchmarks/rank_speed.py [--seconds 5] [--rounds 3]

Server on core 0, load on core 1, the servers in turn. Then latency at half the peak rate, by an open loop.
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
from pathlib import Path

import httpx
import numpy as np
from server.load import closed_loop, open_loop, pinned

_HERE = Path(__file__).parent
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


def main() -> None:
    """Run, print a row a round and the summary."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--policy", default="linucb")
    parser.add_argument("--adapters", default="device, daytime")
    args = parser.parse_args()
    # This process is the load at a given rate: on the core of the servers it would take from them.
    os.sched_setaffinity(0, {1})
    load = bodies()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "server.log")
        catalogue(Path(folder, "catalogue.yaml"), policy=args.policy, adapters=args.adapters)
        data = str(Path(folder, "data"))
        slotwise = [sys.executable, "-m", "bandit"]
        out = subprocess.run(
            [*slotwise, "keys", "create", "--role", "server", "--data-dir", data, "--json"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        key = json.loads(out)["key"]
        bare = pinned(0, sys.executable, str(_HERE / "server" / "bare.py"), "8191", log=log)
        ours = pinned(
            0,
            *slotwise,
            "serve",
            "--data-dir",
            data,
            "--port",
            "8192",
            "--catalog",
            f"{folder}/catalogue.yaml",
            log=log,
        )
        try:
            wait_for("http://127.0.0.1:8191/", bare, log)
            wait_for("http://127.0.0.1:8192/healthz", ours, log)
            ratios, rates = [], []
            for _ in range(args.rounds + 1):
                peer = closed_loop(
                    "http://127.0.0.1:8191/v1/rank",
                    load,
                    key=key,
                    seconds=args.seconds,
                    connections=args.connections,
                    core=1,
                )
                rank = closed_loop(
                    "http://127.0.0.1:8192/v1/rank",
                    load,
                    key=key,
                    seconds=args.seconds,
                    connections=args.connections,
                    core=1,
                )
                ratios.append(rank.per_second / peer.per_second)
                rates.append(rank.per_second)
                print(
                    f"bare {peer.per_second:8.0f}/s   slotwise {rank.per_second:8.0f}/s   "
                    f"ratio {ratios[-1]:.3f}   failed {peer.failed + rank.failed}"
                )
            # The first round warms caches and is not counted.
            print(f"median ratio {statistics.median(ratios[1:]):.3f}")
            half = statistics.median(rates[1:]) / 2
            late = (
                open_loop("127.0.0.1", 8192, "/v1/rank", load, key=key, rate=half, seconds=args.seconds)
                * 1000
            )
            p50, p99 = np.percentile(late, [50, 99])
            print(f"at {half:.0f}/s: p50 {p50:.2f} ms   p99 {p99:.2f} ms   max {late.max():.1f} ms")
        finally:
            for process in (bare, ours):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()

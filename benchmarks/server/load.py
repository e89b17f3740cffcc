# SPDX-License-Identifier: Apache-2.0
"""Two ways to load a server: as fast as it goes (wrk, closed loop), and at a given rate (open loop).

A closed loop measures throughput: a client sends its next request when it has its reply. It hides waiting,
because a slow server is asked less; latency at a rate is therefore measured by an open loop that sends on
schedule, whatever comes back, and counts from the moment at which a request was due.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import uvloop

_LUA = """
local bodies = {%s}
local turn = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %s"
request = function()
  turn = turn %% #bodies + 1
  return wrk.format(nil, nil, nil, bodies[turn])
end
"""


class Load(NamedTuple):
    """Requests per second, and replies that were not a success."""

    per_second: float
    failed: int


def closed_loop(
    url: str, bodies: Sequence[bytes], *, key: str, seconds: int, connections: int, core: int
) -> Load:
    """Load `url` with wrk from one core."""
    if shutil.which("wrk") is None:
        sys.exit("wrk: not found; it comes from the package wrk of Debian and others")
    quoted = ", ".join(f"[==[{body.decode()}]==]" for body in bodies)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_LUA % (quoted, key))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, url]
        out = subprocess.run(
            ["taskset", "-c", str(core), *command], capture_output=True, text=True, check=True
        ).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    if rate is None:
        sys.exit(f"wrk: no rate in its output:\n{out}")
    return Load(float(rate.group(1)), int(failed.group(1)) if failed else 0)


class Connection(asyncio.Protocol):
    """One keep-alive connection; replies come in the order of requests."""

    def __init__(self, latencies: list[float]) -> None:
        self._latencies = latencies
        self._due: list[float] = []
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def send(self, request: bytes, due: float) -> None:
        self._due.append(due)
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = re.search(rb"content-length: (\d+)", self._buffer[:end].lower())
            total = end + 4 + int(length.group(1) if length else 0)
            if len(self._buffer) < total:
                return
            if not self._buffer.startswith(b"HTTP/1.1 200"):
                sys.exit(f"reply: got {self._buffer[:200]!r}")
            self._buffer = self._buffer[total:]
            self._latencies.append(time.perf_counter() - self._due.pop(0))


async def _answered(latencies: Sequence[Sequence[float]], sent: int) -> None:
    """Wait for the answers to all that was sent; one that does not come would spoil the figures unseen."""
    for _ in range(200):
        if (missing := sent - sum(map(len, latencies))) == 0:
            return
        await asyncio.sleep(0.01)
    sys.exit(f"server: got {missing} requests that it has not answered after 2 s")


async def _open_loop(
    host: str,
    ports: Sequence[int],
    requests: Sequence[bytes],
    *,
    rate: float,
    seconds: float,
    connections: int,
) -> list[np.ndarray]:
    loop = asyncio.get_running_loop()
    latencies: list[list[float]] = [[] for _ in ports]
    pools = [
        [
            (await loop.create_connection(lambda each=each: Connection(each), host, port))[1]
            for _ in range(connections)
        ]
        for port, each in zip(ports, latencies, strict=True)
    ]
    # Connected means queued by the kernel: taking a connection costs a server several times a request. So
    # the clock starts when each has had an answer.
    for pool, found in zip(pools, latencies, strict=True):
        for connection in pool:
            connection.send(requests[0], time.perf_counter())
        await _answered([found], connections)
        found.clear()
    start = time.perf_counter()
    sent = 0
    while (now := time.perf_counter() - start) < seconds:
        while sent < now * rate:
            turn, which = divmod(sent, len(ports))
            pools[which][turn % connections].send(requests[turn % len(requests)], start + sent / rate)
            sent += 1
        # uvloop counts whole milliseconds: less would never rest, and on a machine with a quota of processor
        # time take it from the server.
        await asyncio.sleep(0.001)
    await _answered(latencies, sent)
    return [np.array(each) for each in latencies]


def open_loop(
    host: str, port: int, path: str, bodies: Sequence[bytes], *, key: str, rate: float, seconds: float
) -> np.ndarray:
    """Latencies in seconds at a rate of requests per second, from the moment at which each was due."""
    return interleaved(host, [port], path, bodies, key=key, rate=rate, seconds=seconds)[0]


def interleaved(
    host: str,
    ports: Sequence[int],
    path: str,
    bodies: Sequence[bytes],
    *,
    key: str,
    rate: float,
    seconds: float,
    connections: int = 64,
) -> list[np.ndarray]:
    """The same for several servers that are asked in turn, request by request, so that noise meets all alike.

    Args: rate: of all of them together.
    """
    kind = "Content-Type: application/json"
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{kind}\r\nAuthorization: Bearer {key}\r\n"
    requests = [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies]
    return uvloop.run(_open_loop(host, ports, requests, rate=rate, seconds=seconds, connections=connections))


def pinned(core: int, *command: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start a server on one core, its output in a file."""
    return subprocess.Popen(
        ["taskset", "-c", str(core), *command],
        stdout=log.open("ab"),
        stderr=subprocess.STDOUT,
        env={**os.environ, **environment},
    )

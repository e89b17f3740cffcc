# SPDX-License-Identifier: Apache-2.0
"""A real `slotwise serve` as a child process, as users run it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

_PATIENCE_S = 60.0


class Server:
    """One started server; `url` answers once `wait_until_ready` has returned."""

    def __init__(self, data_dir: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = data_dir
        command = [
            sys.executable,
            "-m",
            "bandit",
            "serve",
            "--data-dir",
            str(data_dir),
            "--port",
            str(self.port),
        ]
        self._log = data_dir.with_suffix(".stderr")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *options],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env={**os.environ, **(environment or {})},
            )

    def wait_until_ready(self) -> None:
        """Return once it answers; fail the test if it stops or takes too long."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                pytest.fail(f"server stopped with {self._process.returncode}: {self.stderr}")
            try:
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
        pytest.fail(f"server not ready: {self.stderr}")

    @property
    def stderr(self) -> str:
        """All that servers of this data directory wrote to stderr."""
        return self._log.read_text()

    def kill(self) -> None:
        """Stop it as a power switch would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        """Stop it as an operator would; returns the exit status."""
        self._process.terminate()
        return self._process.wait(timeout=_PATIENCE_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


StartServer = Callable[..., Server]


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Start servers on one data directory; whatever still runs at the end is killed."""
    started: list[Server] = []

    def start(*options: str, **environment: str) -> Server:
        server = Server(tmp_path / "data", "--open", *options, environment=environment)
        started.append(server)
        server.wait_until_ready()
        return server

    yield start
    for server in started:
        server.kill()

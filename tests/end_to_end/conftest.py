# SPDX-License-Identifier: Apache-2.0
"""A real `slotwise serve` as a child process, as users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer

import pytest

_PATIENCE_S = 60.0


class Server:
    """One started server, on a port that is free; it has its `url` once `wait_until_ready` has returned."""

    url: str

    def __init__(self, data_dir: Path, *options: str, environment: dict[str, str] | None = None) -> None:
        self.data_dir = data_dir
        command = [sys.executable, "-m", "bandit", "serve", "--data-dir", str(data_dir), "--port", "0"]
        self._log = data_dir.with_suffix(".stderr")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **(environment or {})},
            )

    def wait_until_ready(self) -> None:
        """Return once it says that it is; fail the test if it stops or takes too long."""
        patience = Timer(_PATIENCE_S, self._process.kill)
        patience.start()
        assert self._process.stdout is not None
        # What it prints after that is little, and has room in the pipe.
        ready = next((line for line in self._process.stdout if line.startswith("slotwise is ready on ")), "")
        patience.cancel()
        if not ready:
            pytest.fail(f"server not ready, stopped with {self._process.wait()}: {self.stderr}")
        self.url = ready.split()[-1]

    @property
    def stderr(self) -> str:
        """All that servers of this data directory wrote to stderr."""
        return self._log.read_text()

    def kill(self) -> None:
        """Stop it as a power switch would."""
        self._process.kill()
        self._ended()

    def stop(self) -> int:
        """Stop it as an operator would; returns the exit status."""
        self._process.terminate()
        return self._ended()

    def _ended(self) -> int:
        status = self._process.wait(timeout=_PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status


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

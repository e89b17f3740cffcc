# SPDX-License-Identifier: Apache-2.0
"""The weather provider of `provider.py` as a child process, told what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import IO, cast

PROGRAM = Path(__file__).parent / "provider.py"


class Provider:
    """A provider in a process of its own."""

    def __init__(self, *, well_every: int) -> None:
        self._process = subprocess.Popen(
            ["taskset", "-c", "1", sys.executable, str(PROGRAM), str(well_every)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._in = cast(IO[str], self._process.stdin)
        self._out = cast(IO[str], self._process.stdout)
        self.url = self._out.readline().strip()

    def become(self, trouble: str) -> int:
        """Misbehave from now on; returns how many questions there have been."""
        self._in.write(f"{trouble}\n")
        self._in.flush()
        return int(self._out.readline())

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.wait()

# SPDX-License-Identifier: Apache-2.0
"""The command line as users run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

PATIENCE_S = 120

RunSlotwise = Callable[..., "subprocess.CompletedProcess[str]"]
StartSlotwise = Callable[..., "subprocess.Popen[str]"]


def _command(arguments: tuple[object, ...]) -> list[str]:
    # -P: what is installed, not what lies in the working directory
    return [sys.executable, "-P", "-m", "bandit", *map(str, arguments)]


@pytest.fixture
def run_slotwise() -> RunSlotwise:
    """Run a command to its end, with more environment variables by name."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            _command(arguments),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            env=os.environ | environment,
            check=False,
        )

    return run


@pytest.fixture
def start_slotwise() -> Iterator[StartSlotwise]:
    """Start commands; those that still run at the end are killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            _command(arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.communicate(timeout=PATIENCE_S)

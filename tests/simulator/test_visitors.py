# SPDX-License-Identifier: Apache-2.0
"""The visitors' process reports what it met, and ends with whoever started it."""

from __future__ import annotations

import socket
import subprocess
import sys

import msgspec

from simulator.visitors import Met


def free_address() -> str:
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start the process."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "simulator.visitors", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_visitors_tell_of_failures_and_end_with_their_stdin() -> None:
    """A server that does not answer is counted and named; the end of stdin is the end of the visit."""
    process = start("--url", free_address(), "--per-s", "200", "--follow-stdin")
    assert process.stdout is not None
    met = msgspec.json.decode(process.stdout.readline(), type=Met)
    assert met.failed > 0
    assert "connect" in met.problem.lower()
    out, err = process.communicate(input="", timeout=60)
    last = msgspec.json.decode(out.splitlines()[-1], type=Met)
    assert (process.returncode, err) == (0, "")
    assert last.failed >= met.failed
    assert last.visitors == 0


def test_visitors_refuse_a_rate_that_is_none() -> None:
    """A number of visitors that is not above 0 is wrong usage."""
    process = start("--url", free_address(), "--per-s", "nan")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "allowed a number above 0" in err

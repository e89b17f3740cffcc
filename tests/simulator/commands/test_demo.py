# SPDX-License-Identifier: Apache-2.0
"""`slotwise demo` starts a real server and real visitors, and leaves nothing behind."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

RunSlotwise = Callable[..., "subprocess.CompletedProcess[str]"]
StartSlotwise = Callable[..., "subprocess.Popen[str]"]


def address_of(demo: subprocess.Popen[str]) -> str:
    """Where a started demo serves."""
    assert demo.stdout is not None
    match = re.search(r"http://[\d.:]+", demo.stdout.readline())
    assert match
    return match[0]


def test_demo_counts_what_the_server_counts(run_slotwise: RunSlotwise, tmp_path: Path) -> None:
    """Every page that a visitor was shown is a decision in the log, nothing fails, and the end is clean."""
    picture = tmp_path / "demo.svg"
    done = run_slotwise(
        "demo", "--port", 0, "--seconds", 1, "--visitors-per-s", 80, "--json", "--picture", picture
    )
    assert (done.returncode, done.stderr) == (0, "")
    end = json.loads(done.stdout)
    assert end["visitors"] > 0
    assert sum(end["decisions"].values()) == end["visitors"]
    assert sum(arm["shown"] for arm in end["arms"].values()) == 3 * end["visitors"]
    assert (end["failed"], end["decisions"]["fallback"]) == (0, 0)
    assert 0.02 < end["click_rate"]["oracle"] < 0.2
    assert "Linen" in picture.read_text("utf-8")
    assert "font-face" not in picture.read_text("utf-8")


def test_ctrl_c_keeps_what_was_learned(
    start_slotwise: StartSlotwise, run_slotwise: RunSlotwise, tmp_path: Path
) -> None:
    """Ctrl-C prints the last summary; a kept data directory is sound, and goes on where it stopped."""
    data = tmp_path / "data"
    first = start_slotwise("demo", "--port", 0, "--data-dir", data, "--policy", "thompson")
    address = address_of(first)
    httpx.patch(
        f"{address}/v1/placements/home-hero/arms/winter-coats", json={"paused": True}
    ).raise_for_status()
    first.send_signal(signal.SIGINT)
    out, err = first.communicate(timeout=60)
    assert (first.returncode, err) == (0, "")
    assert "visitors in" in out
    assert f"start again with --data-dir {data}" in out
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/healthz")

    assert run_slotwise("verify", "--data-dir", data).returncode == 0
    second = json.loads(
        run_slotwise("demo", "--port", 0, "--data-dir", data, "--seconds", 1, "--json").stdout
    )
    assert second["policy"] == "thompson"
    assert second["visitors"] > 0
    # Nobody but the first demo's visitors can have seen the coats: they stayed paused.
    assert second["arms"]["winter-coats"]["shown"] <= sum(second["decisions"].values()) - second["visitors"]
    assert run_slotwise("verify", "--data-dir", data).returncode == 0


def test_killed_demo_takes_its_server_with_it(
    start_slotwise: StartSlotwise, run_slotwise: RunSlotwise, tmp_path: Path
) -> None:
    """A demo that has no chance to stop anything leaves no server behind, and a log that is sound."""
    data = tmp_path / "data"
    demo = start_slotwise("demo", "--port", 0, "--data-dir", data)
    address = address_of(demo)
    demo.kill()
    # The server needs a moment to finish; until it has, the directory is in use.
    for _ in range(20):
        done = run_slotwise("demo", "--port", 0, "--data-dir", data, "--seconds", 1, "--json")
        if done.returncode == 0:
            break
    assert (done.returncode, done.stderr) == (0, "")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/healthz")
    assert run_slotwise("verify", "--data-dir", data).returncode == 0


def test_port_in_use_is_one_line(run_slotwise: RunSlotwise) -> None:
    """A port that is taken is named, with exit status 1 and nothing else."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_slotwise("demo", "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"slotwise: port: got {port} on 127\.0\.0\.1 \(.*\); allowed .*\n", done.stderr)


@pytest.mark.parametrize(
    "wrong", [("--port", "70000"), ("--visitors-per-s", "0"), ("--seconds", "nan"), ("--policy", "magic")]
)
def test_wrong_usage_is_refused_before_anything_starts(
    run_slotwise: RunSlotwise, wrong: tuple[str, str]
) -> None:
    """A value that is not allowed is named on one line, with exit status 2."""
    done = run_slotwise("demo", *wrong)
    assert (done.returncode, done.stdout) == (2, "")
    assert wrong[0] in done.stderr
    assert done.stderr.count("\n") == 1

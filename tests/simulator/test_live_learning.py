# SPDX-License-Identifier: Apache-2.0
"""Through the real server, what was rewarded counts for the very next page."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.worlds.promos import PLACEMENT, SAMPLE, Visitor, sample_catalogue

ARM = "linen-shirts"
VISITOR = Visitor("visitor-1", "tablet", "Asia/Singapore", "fashion")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    """A started server with the sample catalogue."""
    options = ("--open", "--port", "0", "--data-dir", str(tmp_path / "data"), "--catalog", str(SAMPLE))
    command = [sys.executable, "-P", "-m", "bandit", "serve", *options, "--log-level", "error"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with httpx.Client(base_url=url, trust_env=False) as client:
            yield client
        process.terminate()


def page(client: httpx.Client) -> dict[str, Any]:
    """A page of one slot that can only show one arm, so that its score is seen."""
    others = [name for name in sample_catalogue()[PLACEMENT].arms if name != ARM]
    body = {"placement": PLACEMENT, "context": VISITOR.context, "slots": 1, "exclude": others}
    return dict(client.post("/v1/rank", json=body).raise_for_status().json())


def test_next_page_knows_of_the_reward(client: httpx.Client) -> None:
    """Once a reward was accepted, the next page is made by a model that has learned it."""
    first = page(client)
    second = page(client)
    reward = {"decision_id": second["decision_id"], "event": "click", "slot": 0}
    assert client.post("/v1/reward", json=reward).json()["status"] == "accepted"
    third = page(client)
    assert [each["slots"][0]["arm"] for each in (first, second, third)] == [ARM] * 3
    assert first["slots"][0]["score"] == second["slots"][0]["score"] == 0
    assert third["slots"][0]["score"] > 0.1
    assert len({each["model"] for each in (first, second, third)}) == 3

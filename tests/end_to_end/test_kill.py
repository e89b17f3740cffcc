# SPDX-License-Identifier: Apache-2.0
"""A server killed at random moments under load loses nothing that was answered and keeps nothing twice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest

from bandit.core.events import Decided, Rewarded
from bandit.core.fold import Fold
from bandit.core.snapshot import dump
from bandit.core.state import State
from bandit.log.base import EventLog, Record
from bandit.log.sqlite import SqliteLog
from bandit.service.live import Live

_ROUNDS = 50
_CATALOGUE = """
placements:
  home:
    slots: 2
    context: [daytime]
    features: {dimension: 8}
    reward: {events: {click: 1.0, purchase: 5.0}}
    arms: {a: {}, b: {cap: {per_user: 5}}, c: {boost: 2}}
"""


class Load:
    """Visitors who rank and reward until the server is gone, and remember what was answered."""

    def __init__(self, url: str, *, seed: int) -> None:
        self._url = url
        self._rng = np.random.default_rng(seed)
        self._enough = asyncio.Event()
        self._left = 0
        self.decisions: list[str] = []
        self.rewards: list[tuple[str, str]] = []

    async def run(self, kill: Callable[[], None], *, answers: int) -> None:
        """Load the server and kill it once it has given so many answers."""
        async with aiohttp.ClientSession(self._url) as session:
            self._left = answers
            visitors = [asyncio.create_task(self._visit(session, number)) for number in range(8)]
            await asyncio.wait(
                [asyncio.create_task(self._enough.wait()), *visitors], return_when="FIRST_COMPLETED"
            )
            kill()
            results = await asyncio.gather(*visitors, return_exceptions=True)
        assert all(isinstance(each, aiohttp.ClientError) for each in results), results

    async def _visit(self, session: aiohttp.ClientSession, number: int) -> None:
        while True:
            body = {
                "placement": "home",
                "user": f"u-{self._rng.integers(50)}",
                "context": {"visitor": number},
            }
            decision = (await self._post(session, "/v1/rank", body))["decision_id"]
            self.decisions.append(decision)
            for event in ("click", "purchase"):
                if self._rng.random() < 0.5:
                    slot = int(self._rng.integers(2))
                    reward = {"decision_id": decision, "event": event, "slot": slot, "reward_id": event}
                    await self._post(session, "/v1/reward", reward)
                    self.rewards.append((decision, event))

    async def _post(self, session: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with session.post(path, json=body) as reply:
            answer: dict[str, Any] = await reply.json()
            self._left -= 1
            if self._left <= 0:
                self._enough.set()
            if reply.status != 200:
                pytest.fail(f"{path}: {reply.status} {answer}")
            return answer


def _read(log: EventLog) -> list[Record]:
    records: list[Record] = []
    while chunk := log.read(len(records), limit=5_000):
        records.extend(chunk)
    return records


async def _refolded_equals_restored(data_dir: Path) -> tuple[Sequence[Record], bool]:
    """Restore as a start does, refold from the beginning, and compare the bytes."""
    live = Live(lambda committed: SqliteLog.open(data_dir, committed=committed), snapshot_every=10**9)
    records = _read(live.log)
    refold = Fold(State())
    refold.apply(records)
    same = dump(refold.state) == dump(live.state)
    await live.log.close()
    return records, same


def test_nothing_answered_is_lost_when_the_server_is_killed_50_times(
    start_server: Callable[..., Any], tmp_path: Path
) -> None:
    """Every answered decision and reward is in the log once, and the restored state equals a refold."""
    (tmp_path / "catalogue.yaml").write_text(_CATALOGUE)
    rng = np.random.default_rng(2026)
    decisions: list[str] = []
    rewards: list[tuple[str, str]] = []
    for number in range(_ROUNDS):
        server = start_server("--catalog", str(tmp_path / "catalogue.yaml"), SLOTWISE_SNAPSHOT_EVERY="300")
        load = Load(server.url, seed=number)
        asyncio.run(load.run(server.kill, answers=int(rng.integers(1, 400))))
        decisions += load.decisions
        rewards += load.rewards
        records, same = asyncio.run(_refolded_equals_restored(server.data_dir))
        logged = Counter(each.event.decision for each in records if isinstance(each.event, Decided))
        joined = Counter(
            (each.event.decision, each.event.reward_id)
            for each in records
            if isinstance(each.event, Rewarded)
        )
        assert same, f"round {number}: the restored state differs from a refold"
        assert set(decisions) <= set(logged), f"round {number}: a decision is lost"
        assert set(rewards) <= set(joined), f"round {number}: a reward is lost"
        assert max([*logged.values(), *joined.values()]) == 1, f"round {number}: something stands twice"
    verified = subprocess.run(
        [sys.executable, "-m", "bandit", "verify", "--data-dir", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stderr

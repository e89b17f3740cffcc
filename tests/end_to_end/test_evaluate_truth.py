# SPDX-License-Identifier: Apache-2.0
"""What evaluation said three policies would earn is what they earn when they really serve.

A server with a policy that learns shows promos to visitors over HTTP; its log is exported and evaluated for
three other policies; then the same server serves the same kind of visitors with those. Everything is drawn
from seeds but what commits together, so intervals are so wide (99.99 %) that a miss is a fault, not bad luck.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import numpy as np
import pytest

from bandit.cli import parser_of
from bandit.commands.export import command as export
from simulator.commands.evaluate import command as evaluate
from simulator.worlds.promo_tastes import Tastes
from simulator.worlds.promos import Visitors

ARMS = ("winter-coats", "running-shoes", "coffee-subscription", "headphones")
WEIGHTS = {"winter-coats": 4.0, "running-shoes": 2.0, "coffee-subscription": 1.0, "headphones": 1.0}
SERVED = """
    slots: 2
    context: [device, daytime]
    features: {fields: {device.form_factor: , page.section: {levels: [home, fashion, kitchen, sports]}}}
    reward: {events: {click: 1.0}, clip: [0, 1]}
    arms:"""
PLAIN = SERVED + "".join(f"\n      {arm}: {{}}" for arm in ARMS)
BOOSTED = SERVED + "".join(f"\n      {arm}: {{boost: {weight}}}" for arm, weight in WEIGHTS.items())
CATALOGUE = f"""
placements:
  learning:{PLAIN}
    policy: {{kind: thompson}}
    floor: 0.1
    holdout: 0.5
  even:{PLAIN}
    policy: {{kind: uniform}}
    holdout: 0
  weighted:{BOOSTED}
    policy: {{kind: uniform}}
    holdout: 0
  ordered:{PLAIN}
    policy: {{kind: fixed}}
    floor: 0
    holdout: 0
"""
# placement that really serves a policy, and the policy as evaluation knows it
POLICIES = {
    "even": "uniform",
    "weighted": "table:file={weights}",
    "ordered": f"ranking:arms={'+'.join(ARMS)}",
}
LEARNED_FROM, SERVED_TO, AT_ONCE = 3000, 1200, 40
LEVEL, ERRORS = 0.9999, 3.9


class Shop:
    """Visitors of one placement, who click as their tastes say."""

    def __init__(self, session: aiohttp.ClientSession, placement: str, *, seed: int) -> None:
        self._session = session
        self._placement = placement
        self._visitors = Visitors(seed=seed)
        self._chance = Random(seed + 1)
        self._tastes = Tastes()
        self.clicks: list[int] = []

    async def serve(self, pages: int) -> None:
        """So many pages, some at once; those who come next see what was learned from them."""
        for first in range(0, pages, AT_ONCE):
            await asyncio.gather(*(self._visit(f"{self._placement}-{first + i}") for i in range(AT_ONCE)))

    async def _visit(self, decision: str) -> None:
        visitor = self._visitors.next()
        luck = [self._chance.random() for _ in range(2)]
        ask = {"placement": self._placement, "decision_id": decision, "user": visitor.user}
        page = await self._post("/v1/rank", {**ask, "context": visitor.context})
        known = visitor.known(at=time.time())
        liked = [one for one in page["slots"] if luck[one["slot"]] < self._tastes.rate(one["arm"], known)]
        for one in liked:
            await self._post("/v1/reward", {"decision_id": decision, "slot": one["slot"], "event": "click"})
        self.clicks.append(len(liked))

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self._session.post(path, json=body) as reply:
            answer: dict[str, Any] = await reply.json()
            assert reply.status == 200, answer
            return answer


async def served(url: str) -> dict[str, list[int]]:
    """Clicks a page, by placement."""
    async with aiohttp.ClientSession(url) as session:
        shops = {"learning": Shop(session, "learning", seed=1)}
        await shops["learning"].serve(LEARNED_FROM)
        for seed, placement in enumerate(POLICIES, start=2):
            shops[placement] = Shop(session, placement, seed=100 * seed)
            await shops[placement].serve(SERVED_TO)
    return {placement: shop.clicks for placement, shop in shops.items()}


def test_offline_intervals_contain_what_is_earned_online(
    start_server: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For each policy every estimator's interval contains its real earnings, up to their own error."""
    catalogue, log, weights = tmp_path / "catalogue.yaml", tmp_path / "log.jsonl", tmp_path / "weights.csv"
    catalogue.write_text(CATALOGUE)
    whole = sum(WEIGHTS.values())
    weights.write_text("arm,probability\n" + "".join(f"{arm},{w / whole}\n" for arm, w in WEIGHTS.items()))
    server = start_server("--catalog", str(catalogue))
    clicks = asyncio.run(served(server.url))
    assert server.stop() == 0
    export.run(parser_of(export).parse_args(["-o", str(log), "--data-dir", str(server.data_dir)]))
    capsys.readouterr()
    specs = {placement: text.format(weights=weights) for placement, text in POLICIES.items()}
    given = [str(log), "--pages", "--placement", "learning", "--level", str(LEVEL), "--json", "--policy"]
    evaluate.run(parser_of(evaluate).parse_args([*given, *specs.values()]))
    found = json.loads(capsys.readouterr().out)
    assert (found["log"]["used"], found["log"]["findings"]) == (LEARNED_FROM, [])
    for placement, policy in zip(specs, found["policies"], strict=True):
        online = np.array(clicks[placement], dtype=float)
        error = ERRORS * float(online.std(ddof=1)) / len(online) ** 0.5
        assert policy["policy"] == specs[placement]
        for estimate in policy["estimates"]:
            told = f"{placement} by {estimate['estimator']}: {estimate} against {online.mean()}"
            assert estimate["verdict"] != "cannot tell", told
            assert estimate["low"] - error < online.mean() < estimate["high"] + error, told
            # an interval that holds anything would prove nothing
            assert estimate["high"] - estimate["low"] < 3 * online.mean(), told

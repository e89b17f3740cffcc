# SPDX-License-Identifier: Apache-2.0
"""Logs to replay: one of a logger that is known, and one that the service itself has written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bandit.cli import parser_of
from bandit.commands.apply import command as apply
from bandit.commands.catalogue_file import read_catalogue
from bandit.commands.directory import opened
from bandit.commands.export import command as export
from bandit.core.catalogue import Placement
from bandit.core.join import Posted
from bandit.settings import Settings
from simulator.logs.partition import Floats
from simulator.logs.rows import Log, Rows, in_batches

PLACEMENT = "hero"
CATALOGUE = """
placements:
  hero:
    slots: 2
    policy: {kind: thompson, v: 0.3}
    context: []
    features: {fields: {page.section: {levels: [news, sport]}, page.age: {kind: number, range: [0, 10]}}}
    reward: {events: {click: 1.0, purchase: 3.0}, aggregate: sum, clip: [0, 3]}
    floor: 0.05
    holdout: 0.1
    arms:
      coats: {boost: 2}
      hats: {cap: {per_user: 2, window: 1d}}
      shoes: {eligible: {field: page.section, op: "==", value: sport}}
      bags: {share: {min: 0.1, max: 0.6}}
"""
VISITS, AT_ONCE = 160, 8
CLICKS = {"coats": 0.15, "hats": 0.5, "shoes": 0.3, "bags": 0.25}

MakeLog = Callable[..., Log]


@dataclass(frozen=True)
class OwnLog:
    """What the service wrote: its data directory, the export, and the catalogue's file."""

    data_dir: Path
    export: Path
    catalogue: Path

    @property
    def placement(self) -> Placement:
        """The placement that was served."""
        return read_catalogue(self.catalogue)[PLACEMENT]


@pytest.fixture(scope="session")
def make_log() -> MakeLog:
    """Rows of a logger with the given probabilities, in a world where arm k earns with rate `rates[k]`."""

    def make(rates: Floats, vector: Floats, *, rows: int, seed: int, context: int = 3) -> Log:
        g = np.random.default_rng(seed)
        arms = len(rates)
        action = g.choice(arms, size=rows, p=vector)
        x = g.integers(-4, 5, size=(rows, context)) / 4
        chance = np.clip(rates[action] + (0.15 * x[:, 0] * (action % 2) if context else 0.0), 0, 1)
        whole = Rows(
            reward=(g.random(rows) < chance).astype(np.float64),
            action=action.astype(np.int64),
            propensity=vector[action],
            probabilities=np.tile(vector, (rows, 1)),
            context=x if context else None,
        )

        def batches() -> Iterator[Rows]:
            return in_batches(whole)

        return Log(tuple(f"a{k}" for k in range(arms)), (), batches, count=rows)

    return make


async def _live(data_dir: Path) -> None:
    """Visitors in groups; some click, some buy later, some post twice."""
    g = np.random.default_rng(5)
    async with opened(Settings(data_dir=data_dir)) as service:
        for first in range(0, VISITS, AT_ONCE):
            asked = [
                service.rank(
                    PLACEMENT,
                    {
                        "page": {
                            "section": ("news", "sport")[(first + i) % 2],
                            "age": float(g.integers(0, 11)),
                        }
                    },
                    decision_id=f"d{first + i}",
                    # nobody comes twice in a group: caps do not depend on what was decided together
                    user=f"u{(first + i) % 48}",
                    exclude=frozenset({"shoes"} if (first + i) % 7 == 0 else ()),
                )
                for i in range(AT_ONCE)
            ]
            for i, ranked in enumerate(await asyncio.gather(*asked)):
                for slot, arm in enumerate(ranked.decided.slots):
                    if g.random() < CLICKS[arm]:
                        for event in ("click", "click", "purchase")[: 1 + int(g.integers(0, 3))]:
                            posted = Posted(f"d{first + i}", event=event, slot=slot)
                            await service.rewarding.reward(posted, scope=frozenset(), at=service.clock())


def _written(folder: Path, policy: str) -> OwnLog:
    """Serve the catalogue with a policy, and export what came of it."""
    log = OwnLog(folder / "data", folder / "log.jsonl", folder / "catalogue.yaml")
    log.catalogue.write_text(CATALOGUE.replace("{kind: thompson, v: 0.3}", policy), "utf-8")
    apply.run(parser_of(apply).parse_args([str(log.catalogue), "--data-dir", str(log.data_dir)]))
    asyncio.run(_live(log.data_dir))
    export.run(parser_of(export).parse_args(["-o", str(log.export), "--data-dir", str(log.data_dir)]))
    return log


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> OwnLog:
    """160 pages of two slots with a boost, a share, a rule, a cap, a floor, a holdout, corrected rewards."""
    return _written(tmp_path_factory.mktemp("own"), "{kind: thompson, v: 0.3}")


@pytest.fixture(scope="session")
def own_shared(tmp_path_factory: pytest.TempPathFactory) -> OwnLog:
    """The same of a policy whose events hold a vector for each arm."""
    return _written(tmp_path_factory.mktemp("own-shared"), "{kind: linucb_shared}")

# SPDX-License-Identifier: Apache-2.0
"""A world with a known truth is served by the service, exported, and evaluated offline."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from bandit.cli import parser_of
from bandit.commands.apply import command as apply
from bandit.commands.directory import opened
from bandit.commands.export import command as export
from bandit.core.join import Posted
from bandit.settings import Settings
from simulator.estimators.protocol import Interval
from simulator.evaluation.fitting import fit_on
from simulator.evaluation.results import Evaluation, Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.logs.exported import read_exported
from simulator.targets import build_target

CATALOGUE = """
placements:
  hero:
    slots: 1
    policy: {kind: thompson}
    context: []
    features: {fields: {page.section: {levels: [news, sport]}}}
    reward: {events: {click: 1.0}, clip: [0, 1]}
    floor: 0.15
    holdout: 0.1
    arms: {coats: {}, hats: {}, shoes: {}}
"""
SECTIONS = ("news", "sport")
CLICKS = {"coats": (0.1, 0.6), "hats": (0.3, 0.3), "shoes": (0.7, 0.2)}
ROUNDS, AT_ONCE = 1200, 40
POLICIES = ("uniform", "fixed:arm=coats", "fixed:arm=shoes")
TRUTHS = (np.mean([*CLICKS.values()]), np.mean(CLICKS["coats"]), np.mean(CLICKS["shoes"]))


async def live(data_dir: Path) -> None:
    """Visitors in turns; everyone clicks as the world says, and the service learns."""
    g = np.random.default_rng(31)
    async with opened(Settings(data_dir=data_dir)) as service:
        for first in range(0, ROUNDS, AT_ONCE):
            sections = g.integers(0, 2, AT_ONCE)
            asked = [
                service.rank("hero", {"page": {"section": SECTIONS[s]}}, decision_id=f"d{first + i}")
                for i, s in enumerate(sections)
            ]
            ranked = await asyncio.gather(*asked)
            clicks = g.random(AT_ONCE)
            for i, (section, page) in enumerate(zip(sections, ranked, strict=True)):
                if clicks[i] < CLICKS[page.decided.slots[0]][section]:
                    posted = Posted(f"d{first + i}", event="click", slot=0)
                    await service.rewarding.reward(posted, scope=frozenset(), at=service.clock())


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """The exported log, evaluated for three policies that were not serving."""
    folder = tmp_path_factory.mktemp("own")
    catalogue, data, out = folder / "catalogue.yaml", folder / "data", folder / "log.jsonl"
    catalogue.write_text(CATALOGUE, "utf-8")
    apply.run(parser_of(apply).parse_args([str(catalogue), "--data-dir", str(data)]))
    asyncio.run(live(data))
    export.run(parser_of(export).parse_args(["-o", str(out), "--data-dir", str(data)]))
    log = read_exported(out)
    makers = build_estimators(["snips", "dr"], modelled=True)
    # what commits together differs from run to run, so the log does: a miss must be next to impossible
    options = Options(estimators=makers, level=0.999, reward_range=(0.0, 1.0), weight_max=20.0, sequence=True)
    policies = [build_target(text) for text in POLICIES]
    return evaluate(log, policies, options=options, model=fit_on(log))


def test_every_decision_is_a_clean_row(result: Evaluation) -> None:
    """The export of the service passes the log check without a finding."""
    assert (result.rows, result.used, result.findings) == (ROUNDS, ROUNDS, ())


@pytest.mark.parametrize("index", range(3))
def test_offline_intervals_contain_what_policies_earn(result: Evaluation, index: int) -> None:
    """The intervals of SNIPS and DR, and the sequence for a logger that learns, contain the truth."""
    policy, truth = result.policies[index], TRUTHS[index]
    intervals = [answer.interval for answer in policy.answers] + [policy.sequence]
    for interval in intervals:
        assert isinstance(interval, Interval)
        assert interval.low < truth < interval.high
    assert all(answer.verdict.word != "cannot tell" for answer in policy.answers)


def test_the_service_learned_more_than_uniform(result: Evaluation) -> None:
    """What the service earned beats a uniform policy beyond doubt."""
    (snips, _) = result.policies[0].answers
    assert snips.lift is not None
    assert snips.lift.high < 0

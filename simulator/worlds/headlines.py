# SPDX-License-Identifier: Apache-2.0
"""A newspaper's front page: real headline tests, one after the other, with their arm counts and click rates.

The figures in headlines.csv are facts about tests of the Upworthy Research Archive (Matias, Munger, Le Quere
& Ebersole 2021). Click rates that were measured on some thousand visitors differ more than the true ones do;
so in each test they are pulled together by what chance alone spreads them on average.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import ClassVar

import numpy as np

from bandit.core.arm import Arm
from bandit.core.checked import Checked, within
from bandit.errors import Invalid
from simulator.logs.partition import Floats
from simulator.worlds.protocol import DAY_S, START, Episode, moments
from simulator.worlds.spot import knowing, spot

FIGURES = files("simulator.worlds") / "headlines.csv"


@dataclass(frozen=True, slots=True)
class HeadlineTest:
    """One test: how many visitors saw each headline (on average), and with what rates they clicked."""

    visitors: float
    rates: Floats


class Headlines(Checked, frozen=True):
    """Tests drawn by chance follow each other; a test's headlines are there for its rounds only.

    Args:
        tests: how many share the rounds.
        lift: factor on all click rates; real ones are 1 % or so, and take real traffic to tell apart.
        days: over which an episode is spread.
    """

    rounds: ClassVar[int] = 20_000

    tests: int = 4
    lift: float = 1.0
    days: float = 30.0

    def __post_init__(self) -> None:
        within("tests", self.tests, 1, 200)
        within("lift", self.lift, 0.01, 8)
        within("days", self.days, 0.001, 3_650)

    def episode(self, *, seed: int, rounds: int) -> Episode:
        """The rounds of a seed."""
        if rounds < self.tests:
            raise Invalid(f"rounds: got {rounds}; allowed at least one a test, {self.tests}", field="rounds")
        chance = np.random.default_rng(seed)
        drawn = [figures()[i] for i in chance.choice(len(figures()), size=self.tests, replace=False)]
        edges = np.linspace(0, rounds, self.tests + 1).round().astype(int).tolist()
        arms: dict[str, Arm] = {}
        columns: list[Floats] = []
        step = self.days * DAY_S / rounds
        for number, test in enumerate(drawn):
            # half a second early: a round that begins together with a test shall see it
            first, last = (START + edge * step - 0.5 for edge in edges[number : number + 2])
            shown = Arm(
                starts_at=datetime.fromtimestamp(first, UTC), ends_at=datetime.fromtimestamp(last, UTC)
            )
            for headline, rate in enumerate(test.rates.tolist()):
                arms[f"test-{number}-headline-{headline}"] = shown
                columns.append(np.full(rounds, rate * self.lift))
        return Episode(
            placement=spot(arms, features=0, spread=1.0),
            at=moments(rounds, days=self.days),
            known=knowing(np.zeros((rounds, 0))),
            rates=np.stack(columns, axis=1),
            luck=chance.random((rounds, len(arms))),
            looks=chance.random((rounds, 1)),
        )


@cache
def figures() -> tuple[HeadlineTest, ...]:
    """The tests of the table, with rates as far apart as they really were on average."""
    lines = [line for line in FIGURES.read_text("utf-8").splitlines() if not line.startswith("#")]
    measured = []
    for line in lines[1:]:
        least, most, rates = line.split(",")
        found = np.array([float(rate) for rate in rates.split()]) / 1000
        measured.append(HeadlineTest((float(least) + float(most)) / 2, found))
    spread = spread_by_arms(measured)
    return tuple(
        HeadlineTest(test.visitors, test.rates.mean() + spread * (test.rates - test.rates.mean()))
        for test in measured
    )


def spread_by_arms(tests: list[HeadlineTest]) -> float:
    """Deviation of true rates over that of measured ones, by the method of moments.

    Squared deviations are taken relative to the test's mean rate; what the binomial law alone would make
    of them is subtracted.
    """
    seen, chance = 0.0, 0.0
    for test in tests:
        mean = float(test.rates.mean())
        seen += float(test.rates.var(ddof=1)) / mean**2
        chance += float((test.rates * (1 - test.rates)).mean()) / test.visitors / mean**2
    return float(np.sqrt(max(0.0, 1 - chance / seen)))

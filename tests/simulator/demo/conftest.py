# SPDX-License-Identifier: Apache-2.0
"""How the demo stands, made up: enough of a report to be shown."""

from __future__ import annotations

import pytest

from simulator.demo.standing import Sample, Standing
from simulator.demo.store import ArmReport, Mean, Report
from simulator.visitors import Met
from simulator.worlds.earnings import Earnings
from simulator.worlds.promos import PLACEMENT, sample_catalogue


@pytest.fixture
def early() -> Standing:
    """Before the first visitor."""
    placement = sample_catalogue()[PLACEMENT]
    arms = [ArmReport(name, 0, 0.0, Mean()) for name in placement.arms]
    report = Report("linucb", {"policy": 0, "holdout": 0}, {"policy": Mean(), "holdout": Mean()}, arms)
    return Standing(address="http://127.0.0.1:8080", report=report, placement=placement)


@pytest.fixture
def standing(early: Standing) -> Standing:
    """After a hundred seconds, in which the share of the oracle rose from 0.4 to 0.9."""
    arms = [ArmReport(each.arm, 300, 0.1, Mean(0.08, -0.01, 0.17)) for each in early.report.arms]
    early.report = Report(
        "linucb",
        {"policy": 950, "holdout": 50},
        {"policy": Mean(0.08, 0.07, 0.09), "holdout": Mean(0.04, -0.01, 0.09)},
        arms,
    )
    shown = 0.0
    for second in range(1, 101):
        best = 3.0 * second
        shown += 3.0 * (0.4 if second <= 50 else 0.9)
        early.samples.append(Sample(at_s=float(second), visitors=10 * second, shown=shown, best=best))
    early.at_s = 100.0
    early.met = Met(visitors=1_000, clicks=230, policy=Earnings(950, 2_850, shown, 285.0))
    return early

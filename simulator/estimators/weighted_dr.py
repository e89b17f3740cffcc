# SPDX-License-Identifier: Apache-2.0
"""Inverse-variance weighted doubly robust estimation for several loggers (Kallus, Saito & Uehara 2021)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.ratio import Rows, reward_model
from simulator.estimators.reading import Reading
from simulator.estimators.weighted_ips import WeightedIPS
from simulator.logs.partition import Floats


@dataclass(kw_only=True)
class WeightedDR(WeightedIPS):
    """Residuals count by rows over variance of the logger; the reward model's part does not depend on it."""

    name = "weighted_dr"
    reading = Reading(interval="normal")
    needs = frozenset({"logger", "reward_model"})

    def parts(self, rows: Rows) -> tuple[Floats, Floats | None]:
        """`w (r - q)`, and `sum_a pi q`."""
        predicted, expected = reward_model(self.name, rows.target)
        return rows.w * (rows.reward - predicted), expected

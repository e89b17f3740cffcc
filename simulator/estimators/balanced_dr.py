# SPDX-License-Identifier: Apache-2.0
"""Balanced doubly robust estimation for several loggers (Kallus, Saito & Uehara 2021)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.ratio import RatioOfMeans, Rows, need, reward_model
from simulator.estimators.reading import Reading
from simulator.estimators.sums import Terms
from simulator.logs.partition import Floats


@dataclass(kw_only=True)
class BalancedDR(RatioOfMeans):
    """DR that divides by the probability under the mixture of all loggers."""

    name = "balanced_dr"
    reading = Reading(interval="itself", judged_by="own weights")
    needs = frozenset({"mixture", "reward_model"})

    def weights(self, rows: Rows) -> Floats:
        """`pi(a|x) / sum_k (n_k / n) p_k(a|x)`."""
        return rows.target.probability / need(self.name, "mixture", rows.logged.mixture)

    def terms(self, rows: Rows) -> Terms:
        """`sum_a pi q + w (r - q)` with balanced `w`."""
        predicted, expected = reward_model(self.name, rows.target)
        return Terms(expected + self.weights(rows) * (rows.reward - predicted))

# SPDX-License-Identifier: Apache-2.0
"""Balanced inverse propensity scoring for several loggers (Agarwal, Basu, Schnabel & Joachims 2017)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.ratio import RatioOfMeans, Rows, need
from simulator.estimators.reading import Reading
from simulator.estimators.sums import Terms
from simulator.logs.partition import Floats


@dataclass(kw_only=True)
class BalancedIPS(RatioOfMeans):
    """IPS that divides by the probability under the mixture of all loggers."""

    name = "balanced_ips"
    reading = Reading(interval="itself", judged_by="own weights")
    needs = frozenset({"mixture"})

    def weights(self, rows: Rows) -> Floats:
        """`pi(a|x) / sum_k (n_k / n) p_k(a|x)`."""
        return rows.target.probability / need(self.name, "mixture", rows.logged.mixture)

    def terms(self, rows: Rows) -> Terms:
        """`w r` with balanced `w`."""
        return Terms(self.weights(rows) * rows.reward)

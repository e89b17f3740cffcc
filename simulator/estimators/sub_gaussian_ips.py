# SPDX-License-Identifier: Apache-2.0
"""Sub-Gaussian inverse propensity scoring (Metelli, Russo & Restelli 2021)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.ratio import RatioOfMeans, Rows
from simulator.estimators.reading import Reading
from simulator.estimators.shrinkage import check_bend, sub_gaussian
from simulator.estimators.sums import Terms


@dataclass(kw_only=True)
class SubGaussianIPS(RatioOfMeans):
    """Weights bend towards 1 as `bend` goes from 0 (IPS) to 1 (no weights at all)."""

    bend: float = 0.1

    name = "sub_gaussian_ips"
    reading = Reading(interval="itself", unbiased=False)

    def __post_init__(self) -> None:
        check_bend(self.bend)

    def terms(self, rows: Rows) -> Terms:
        """`w / (1 - bend + bend rows.w) r`."""
        return Terms(sub_gaussian(rows.w, self.bend) * rows.reward)

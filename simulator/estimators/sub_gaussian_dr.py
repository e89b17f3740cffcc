# SPDX-License-Identifier: Apache-2.0
"""Sub-Gaussian doubly robust (Metelli, Russo & Restelli 2021)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.ratio import RatioOfMeans, Rows, reward_model
from simulator.estimators.reading import Reading
from simulator.estimators.shrinkage import check_bend, sub_gaussian
from simulator.estimators.sums import Terms


@dataclass(kw_only=True)
class SubGaussianDR(RatioOfMeans):
    """DR whose weights bend towards 1 as `bend` goes from 0 to 1."""

    bend: float = 0.1

    name = "sub_gaussian_dr"
    reading = Reading(interval="itself", unbiased=False)
    needs = frozenset({"reward_model"})

    def __post_init__(self) -> None:
        check_bend(self.bend)

    def terms(self, rows: Rows) -> Terms:
        """`sum_a pi q + w' (r - q)` with the changed weight `w'`."""
        predicted, expected = reward_model(self.name, rows.target)
        return Terms(expected + sub_gaussian(rows.w, self.bend) * (rows.reward - predicted))

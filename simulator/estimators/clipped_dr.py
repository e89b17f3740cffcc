# SPDX-License-Identifier: Apache-2.0
"""Doubly robust with clipped weights (Su, Dimakopoulou, Krishnamurthy & Dudik 2020, section 4)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.ratio import RatioOfMeans, Rows, reward_model
from simulator.estimators.reading import Reading
from simulator.estimators.shrinkage import check_limit, clipped
from simulator.estimators.sums import Terms


@dataclass(kw_only=True)
class ClippedDR(RatioOfMeans):
    """DR in which whatever weighs more than `limit` counts as `limit`."""

    limit: float = 10.0

    name = "clipped_dr"
    reading = Reading(interval="itself", unbiased=False)
    needs = frozenset({"reward_model"})

    def __post_init__(self) -> None:
        check_limit(self.limit)

    def terms(self, rows: Rows) -> Terms:
        """`sum_a pi q + w' (r - q)` with the changed weight `w'`."""
        predicted, expected = reward_model(self.name, rows.target)
        return Terms(expected + clipped(rows.w, self.limit) * (rows.reward - predicted))

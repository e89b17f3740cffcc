# SPDX-License-Identifier: Apache-2.0
"""Switch-DR (Wang, Agarwal & Dudik 2017): the reward model alone where weights are large."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.ratio import RatioOfMeans, Rows, reward_model
from simulator.estimators.reading import Reading
from simulator.estimators.shrinkage import check_limit, switched
from simulator.estimators.sums import Terms


@dataclass(kw_only=True)
class SwitchDR(RatioOfMeans):
    """DR that believes the reward model in rows that weigh more than `limit`."""

    limit: float = 10.0

    name = "switch_dr"
    reading = Reading(interval="itself", unbiased=False)
    needs = frozenset({"reward_model"})

    def __post_init__(self) -> None:
        check_limit(self.limit)

    def terms(self, rows: Rows) -> Terms:
        """`sum_a pi q + w' (r - q)` with the changed weight `w'`."""
        predicted, expected = reward_model(self.name, rows.target)
        return Terms(expected + switched(rows.w, self.limit) * (rows.reward - predicted))

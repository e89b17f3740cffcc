# SPDX-License-Identifier: Apache-2.0
"""The doubly robust estimator (Dudik, Langford & Li 2011): reward model plus weighted residual."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.ratio import RatioOfMeans, Rows, reward_model
from simulator.estimators.reading import Reading
from simulator.estimators.sums import Terms


@dataclass(kw_only=True)
class DR(RatioOfMeans):
    """Unbiased whatever the reward model; the better that is, the less noise."""

    name = "dr"
    reading = Reading(interval="sndr")
    needs = frozenset({"reward_model"})

    def terms(self, rows: Rows) -> Terms:
        """`sum_a pi q + w (r - q)`."""
        predicted, expected = reward_model(self.name, rows.target)
        return Terms(expected + rows.w * (rows.reward - predicted))

# SPDX-License-Identifier: Apache-2.0
"""The self-normalised doubly robust estimator (Kallus & Uehara 2019)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.ratio import RatioOfMeans, Rows, reward_model
from simulator.estimators.reading import Reading
from simulator.estimators.sums import Terms


@dataclass(kw_only=True)
class SNDR(RatioOfMeans):
    """DR whose residuals are divided by the mean weight."""

    name = "sndr"
    reading = Reading(interval="sndr")
    needs = frozenset({"reward_model"})

    def terms(self, rows: Rows) -> Terms:
        """`w (r - q)` over `w`, plus `sum_a pi q`."""
        predicted, expected = reward_model(self.name, rows.target)
        return Terms(rows.w * (rows.reward - predicted), denominator=rows.w, offset=expected)

# SPDX-License-Identifier: Apache-2.0
"""Self-normalised inverse propensity scoring (Swaminathan & Joachims 2015): `mean(w r) / mean(w)`."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.ratio import RatioOfMeans, Rows
from simulator.estimators.reading import Reading
from simulator.estimators.sums import Terms


@dataclass(kw_only=True)
class SNIPS(RatioOfMeans):
    """Stays within the range of the rewards and does not move when all rewards are shifted."""

    name = "snips"
    reading = Reading(interval="snips")

    def terms(self, rows: Rows) -> Terms:
        """`w r` over `w`."""
        return Terms(rows.w * rows.reward, denominator=rows.w)

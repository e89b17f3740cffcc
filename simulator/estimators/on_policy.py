# SPDX-License-Identifier: Apache-2.0
"""The mean reward of the logger itself: what every other number is compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.estimators.ratio import RatioOfMeans, Rows
from simulator.estimators.reading import Reading
from simulator.estimators.sums import Terms
from simulator.logs.partition import Floats


@dataclass(kw_only=True)
class OnPolicy(RatioOfMeans):
    """Ignores the target: every row counts once."""

    name = "on_policy"
    reading = Reading(interval="itself", judged_by="rows")

    def weights(self, rows: Rows) -> Floats:
        """All 1."""
        return np.ones(rows.w.shape[0])

    def terms(self, rows: Rows) -> Terms:
        """`r`."""
        return Terms(rows.reward)

# SPDX-License-Identifier: Apache-2.0
"""The direct method: believe the reward model, the mean of `sum_a pi(a|x) q(x, a)`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.estimators.ratio import RatioOfMeans, Rows, reward_model
from simulator.estimators.reading import Reading
from simulator.estimators.sums import Terms
from simulator.logs.partition import Floats


@dataclass(kw_only=True)
class DirectMethod(RatioOfMeans):
    """Needs no propensities, and is exactly as wrong as its reward model."""

    name = "direct_method"
    reading = Reading(interval="itself", judged_by="rows", unbiased=False)
    needs = frozenset({"reward_model"})

    def weights(self, rows: Rows) -> Floats:
        """All 1: nothing is weighted."""
        return np.ones(rows.w.shape[0])

    def terms(self, rows: Rows) -> Terms:
        """`sum_a pi(a|x) q(x, a)`."""
        _, expected = reward_model(self.name, rows.target)
        return Terms(expected)

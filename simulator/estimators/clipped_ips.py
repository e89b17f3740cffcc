# SPDX-License-Identifier: Apache-2.0
"""Clipped inverse propensity scoring (Ionides 2008): the mean of `min(w, limit) r`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.estimators.ratio import RatioOfMeans, Rows
from simulator.estimators.reading import Reading
from simulator.estimators.shrinkage import check_limit
from simulator.estimators.sums import Terms


@dataclass(kw_only=True)
class ClippedIPS(RatioOfMeans):
    """Trades variance for bias: whatever weighs more than `limit` counts as `limit`."""

    limit: float = 10.0

    name = "clipped_ips"
    reading = Reading(interval="itself", unbiased=False)

    def __post_init__(self) -> None:
        check_limit(self.limit)

    def terms(self, rows: Rows) -> Terms:
        """`min(rows.w, limit) r`."""
        return Terms(np.minimum(rows.w, self.limit) * rows.reward)

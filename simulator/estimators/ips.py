# SPDX-License-Identifier: Apache-2.0
"""Inverse propensity scoring (Horvitz & Thompson 1952): the mean of `w r`."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.ratio import RatioOfMeans, Rows
from simulator.estimators.reading import Reading
from simulator.estimators.sums import Terms


@dataclass(kw_only=True)
class IPS(RatioOfMeans):
    """Unbiased where the logger could show whatever the policy shows; noisy where weights are large."""

    name = "ips"
    reading = Reading(interval="snips")

    def terms(self, rows: Rows) -> Terms:
        """`w r`."""
        return Terms(rows.w * rows.reward)

# SPDX-License-Identifier: Apache-2.0
"""Replay of a deterministic policy (Li, Chu, Langford & Wang 2011): the mean reward of its matches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.ratio import RatioOfMeans, Rows
from simulator.estimators.reading import Reading
from simulator.estimators.sums import Terms
from simulator.logs.partition import Floats


@dataclass(kw_only=True)
class Replay(RatioOfMeans):
    """Right only for a uniform logger and a deterministic policy, so it refuses a policy that is not."""

    name = "replay"
    reading = Reading(interval="itself")

    def weights(self, rows: Rows) -> Floats:
        """1 where the policy shows the logged arm, else 0."""
        p = rows.target.probability
        if not np.isin(p, (0.0, 1.0)).all():
            odd = p[~np.isin(p, (0.0, 1.0))][0]
            raise Invalid(
                f"replay: got a policy with probability {odd:.6g}; allowed 0 or 1", field="probability"
            )
        return p

    def terms(self, rows: Rows) -> Terms:
        """`r` of the matches over their number."""
        matches = self.weights(rows)
        return Terms(matches * rows.reward, denominator=matches)

# SPDX-License-Identifier: Apache-2.0
"""The pseudo-inverse estimator (Swaminathan, Krishnamurthy, Agarwal et al. 2017, example 4)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.sums import Terms
from simulator.logs.partition import Floats
from simulator.slates.partition import SlatePartition, SlateTarget
from simulator.slates.slate_sums import SumOverSlots, slate_weights


@dataclass(kw_only=True)
class PseudoInverse(SumOverSlots):
    """For rewards of the whole page that add up over slots, when the logger fills slots independently."""

    name = "pseudo_inverse"
    needs = frozenset({"slot"})

    def weights(self, logged: SlatePartition, target: SlateTarget) -> Floats:
        """`1 - L + sum_l w_l`; slots that were not shown have weight 1 and so drop out."""
        w = slate_weights(self.name, "slot", logged, target)
        page: Floats = 1.0 - w.shape[1] + w.sum(axis=1)
        return page

    def terms(self, logged: SlatePartition, target: SlateTarget) -> Terms:
        """The page's weight times its reward."""
        return Terms(self.weights(logged, target) * logged.reward.sum(axis=1))

# SPDX-License-Identifier: Apache-2.0
"""Independent IPS (Li, Abbasi-Yadkori, Kveton et al. 2018): every slot is weighed by itself."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.sums import Terms
from simulator.logs.partition import Floats
from simulator.slates.partition import SlatePartition, SlateTarget
from simulator.slates.slate_sums import SumOverSlots, slate_weights


@dataclass(kw_only=True)
class IndependentIPS(SumOverSlots):
    """Right when a slot's reward does not depend on the arms around it."""

    name = "independent_ips"
    needs = frozenset({"slot"})

    def weights(self, logged: SlatePartition, target: SlateTarget) -> Floats:
        """The weight of the last slot."""
        return slate_weights(self.name, "slot", logged, target)[:, -1]

    def terms(self, logged: SlatePartition, target: SlateTarget) -> Terms:
        """`w r` of every slot."""
        w = slate_weights(self.name, "slot", logged, target)
        return Terms(w * logged.reward)

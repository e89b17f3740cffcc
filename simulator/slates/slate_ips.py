# SPDX-License-Identifier: Apache-2.0
"""Standard slate IPS (Swaminathan et al. 2017): every slot is weighed by the whole page."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.sums import Terms
from simulator.logs.partition import Floats
from simulator.slates.partition import SlatePartition, SlateTarget
from simulator.slates.slate_sums import SumOverSlots, slate_weights


@dataclass(kw_only=True)
class SlateIPS(SumOverSlots):
    """Right whatever slots do to each other; hopeless for long pages."""

    name = "slate_ips"
    needs = frozenset({"joint"})

    def weights(self, logged: SlatePartition, target: SlateTarget) -> Floats:
        """The weight of the last slot."""
        return slate_weights(self.name, "joint", logged, target)[:, -1]

    def terms(self, logged: SlatePartition, target: SlateTarget) -> Terms:
        """`w r` of every slot."""
        w = slate_weights(self.name, "joint", logged, target)
        return Terms(w * logged.reward)

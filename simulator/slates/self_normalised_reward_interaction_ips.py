# SPDX-License-Identifier: Apache-2.0
"""Self-normalised reward-interaction IPS (McInerney, Brost, Chandar, Mehrotra & Carterette 2020)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.estimators.sums import Terms
from simulator.logs.partition import Floats
from simulator.slates.partition import SlatePartition, SlateTarget
from simulator.slates.slate_sums import SumOverSlots, slate_weights


@dataclass(kw_only=True)
class SelfNormalisedRewardInteractionIPS(SumOverSlots):
    """The same, divided slot by slot by the mean weight."""

    name = "self_normalised_reward_interaction_ips"
    needs = frozenset({"cascade"})

    def weights(self, logged: SlatePartition, target: SlateTarget) -> Floats:
        """The weight of the last slot."""
        return slate_weights(self.name, "cascade", logged, target)[:, -1]

    def terms(self, logged: SlatePartition, target: SlateTarget) -> Terms:
        """`w r` of every slot, over `w`."""
        w = slate_weights(self.name, "cascade", logged, target)
        return Terms(w * logged.reward, denominator=w)

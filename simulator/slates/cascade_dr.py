# SPDX-License-Identifier: Apache-2.0
"""Cascade doubly robust (Kiyohara, Saito, Matsuhiro, Narita, Shimizu & Yamamoto 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.sums import Terms
from simulator.logs.partition import Floats
from simulator.slates.partition import SlatePartition, SlateTarget
from simulator.slates.slate_sums import SumOverSlots, slate_weights


@dataclass(kw_only=True)
class CascadeDR(SumOverSlots):
    """Reward-interaction IPS with a reward model of each slot given the arms above it."""

    name = "cascade_dr"
    needs = frozenset({"cascade", "reward_model"})

    def weights(self, logged: SlatePartition, target: SlateTarget) -> Floats:
        """The weight of the last slot."""
        return slate_weights(self.name, "cascade", logged, target)[:, -1]

    def terms(self, logged: SlatePartition, target: SlateTarget) -> Terms:
        """`w_l (r_l - q_l) + w_{l-1} sum_a pi(a) q_l(a)`, where `w_0 = 1`."""
        if target.predicted is None or target.expected is None:
            raise Invalid(f"{self.name}: got no reward model; allowed only with one", field="reward_model")
        w = slate_weights(self.name, "cascade", logged, target)
        before = np.concatenate([np.ones((w.shape[0], 1)), w[:, :-1]], axis=1)
        rows = w * (logged.reward - target.predicted) + before * target.expected
        return Terms(rows if logged.shown is None else np.where(logged.shown, rows, 0.0))

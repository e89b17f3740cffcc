# SPDX-License-Identifier: Apache-2.0
"""Off-policy estimators for ranked slots: one file each, and the table that names them."""

from __future__ import annotations

from simulator.slates.cascade_dr import CascadeDR
from simulator.slates.independent_ips import IndependentIPS
from simulator.slates.pseudo_inverse import PseudoInverse
from simulator.slates.reward_interaction_ips import RewardInteractionIPS
from simulator.slates.self_normalised_independent_ips import SelfNormalisedIndependentIPS
from simulator.slates.self_normalised_reward_interaction_ips import SelfNormalisedRewardInteractionIPS
from simulator.slates.self_normalised_slate_ips import SelfNormalisedSlateIPS
from simulator.slates.slate_ips import SlateIPS
from simulator.slates.slate_sums import SumOverSlots

__all__ = ["SLATE_ESTIMATORS"]

SLATE_ESTIMATORS: dict[str, type[SumOverSlots]] = {
    estimator.name: estimator
    for estimator in (
        SlateIPS,
        IndependentIPS,
        RewardInteractionIPS,
        SelfNormalisedSlateIPS,
        SelfNormalisedIndependentIPS,
        SelfNormalisedRewardInteractionIPS,
        CascadeDR,
        PseudoInverse,
    )
}

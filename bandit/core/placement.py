# SPDX-License-Identifier: Apache-2.0
"""A placement: a spot that asks for slots, with its policy, its rewards and its arms."""

from __future__ import annotations

from typing import Any

import msgspec

from bandit.core.arm import Arm
from bandit.core.checked import Checked, check_plain, within
from bandit.core.reward_rule import RewardRule
from bandit.core.schema import FeatureSchema
from bandit.errors import Invalid
from policies import InvalidSetting, build

MAX_SLOTS = 50
MAX_ARMS = 10_000


class Placement(Checked, frozen=True):
    """A spot that asks for slots.

    Args:
        slots: how many arms it shows, unless a request asks for fewer.
        policy: `kind` and that kind's settings.
        context: the adapters that feed it.
        features: how what is known becomes the vector.
        reward: how what is posted becomes a reward.
        floor: least probability of each eligible arm (an equal share where there are too many arms for it).
        holdout: share of decisions that is ranked uniformly at random, to measure the others against.
        arms: in the marketer's order.
    """

    slots: int = 1
    policy: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "linucb"})
    context: tuple[str, ...] = ("device", "daytime")
    features: FeatureSchema = FeatureSchema()
    reward: RewardRule = RewardRule()
    floor: float = 0.005
    holdout: float = 0.02
    arms: dict[str, Arm] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        within("slots", self.slots, 1, MAX_SLOTS)
        within("floor", self.floor, 0, 1)
        within("holdout", self.holdout, 0, 1)
        if len(set(self.context)) < len(self.context):
            raise Invalid(f"context: got {list(self.context)}; allowed each adapter once", field="context")
        if len(self.arms) > MAX_ARMS:
            raise Invalid(f"arms: got {len(self.arms)}; allowed at most {MAX_ARMS}", field="arms")
        try:
            build(self.policy, dimension=2)
        except InvalidSetting as error:
            raise Invalid(f"policy.{error}", code="invalid_policy", field=f"policy.{error.field}") from None
        # A policy takes any number for a float, but an integer beyond 64 bits could not be logged.
        check_plain("policy", self.policy)

    def same_as(self, other: Placement) -> bool:
        """Whether both are equal in all that matters, the order of arms and of declared fields included."""
        return (
            self == other
            and list(self.arms) == list(other.arms)
            and self.features.same_columns(other.features)
        )

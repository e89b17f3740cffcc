# SPDX-License-Identifier: Apache-2.0
"""A placement: a spot that asks for slots, with its policy, its rewards and its arms."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from bandit.core.arm import Arm
from bandit.core.checked import Checked, check_plain, within
from bandit.core.established import NewcomersRule
from bandit.core.reward_rule import RewardRule
from bandit.core.schema import FeatureSchema
from bandit.errors import Invalid
from policies import DEFAULT, InvalidSetting, Policy, build

MAX_SLOTS = 50
MAX_ARMS = 10_000
LEAST_EXAMINATION = 0.01


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
        examination: how likely visitors look at each slot, or "estimated" from the holdout.
        cascade: whether slots below the last click do not count.
        newcomers: when arms that are not in the catalogue have sums of their own.
        arms: in the marketer's order.
    """

    slots: int = 1
    policy: dict[str, Any] = msgspec.field(default_factory=lambda: dict(DEFAULT))
    context: tuple[str, ...] = ("device", "daytime")
    features: FeatureSchema = FeatureSchema()
    reward: RewardRule = RewardRule()
    floor: float = 0.005
    holdout: float = 0.02
    examination: tuple[float, ...] | Literal["estimated"] | None = None
    cascade: bool = False
    newcomers: NewcomersRule = NewcomersRule()
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
            policy = build(self.policy, dimension=2, least=self.reward.least)
        except InvalidSetting as error:
            raise Invalid(f"policy.{error}", code="invalid_policy", field=f"policy.{error.field}") from None
        # A policy takes any number for a float, but an integer beyond 64 bits could not be logged.
        check_plain("policy", self.policy)
        self._check_reading(policy)

    def _check_reading(self, policy: Policy) -> None:
        """Refuse settings about how pages are read that nothing could be learned with."""
        if self.cascade and not policy.additive:
            raise Invalid(
                f"cascade: got true; allowed false with policy {policy.kind}, which cannot take back what it "
                "has learned",
                field="cascade",
            )
        if self.examination is None:
            return
        if self.examination == "estimated":
            if self.holdout == 0:
                raise Invalid(
                    "examination: got 'estimated' without a holdout; allowed with one, which it comes from",
                    field="examination",
                )
        elif len(self.examination) != self.slots:
            raise Invalid(
                f"examination: got {len(self.examination)} numbers; allowed {self.slots}, one a slot",
                field="examination",
            )
        else:
            for slot, probability in enumerate(self.examination):
                within(f"examination.{slot}", float(probability), LEAST_EXAMINATION, 1)
        if self.reward.default != 0:
            raise Invalid(
                f"examination: got it with reward.default {self.reward.default:g}; allowed with 0, as what "
                "nobody looks at must earn nothing",
                field="examination",
            )

    def same_as(self, other: Placement) -> bool:
        """Whether both are equal in all that matters, the order of arms and of declared fields included."""
        return (
            self == other
            and list(self.arms) == list(other.arms)
            and self.features.same_columns(other.features)
        )

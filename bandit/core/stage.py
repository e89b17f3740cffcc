# SPDX-License-Identifier: Apache-2.0
"""What a decision is made from: the placement made ready, who chooses, and the request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from bandit.core.arm import Arm
from bandit.core.arm_features import ArmEncoder
from bandit.core.eligibility import Roster
from bandit.core.features import Encoder
from bandit.core.join import scaled
from bandit.core.placement import Placement
from bandit.core.shaping import Shape
from bandit.core.values import Value
from policies import Policy, build


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One request for slots, with everything uncertain already in it.

    Args:
        decision: the id that the decision will have; all its chance follows from it.
        at: Unix seconds.
        known: what is known, by field.
        user: pseudonym, empty when unknown.
        slots: how many arms to show at most.
        exclude: arms that the caller does not want.
        deferred: whether the decision counts only once it is activated.
        sources: the state of each context source that was not at its best.
    """

    decision: str
    at: float
    known: Mapping[str, Value]
    user: str = ""
    slots: int
    exclude: frozenset[str] = frozenset()
    deferred: bool = False
    sources: dict[str, str] = {}


class Stage:
    """A placement made ready for deciding: whatever does not change from request to request.

    Args:
        arms: what may be shown; the placement's own, unless others take their place.
    """

    def __init__(
        self, name: str, placement: Placement, encoder: Encoder, *, arms: Mapping[str, Arm] | None = None
    ) -> None:
        self.name = name
        self.placement = placement
        self.encoder = encoder
        self.arms = placement.arms if arms is None else arms
        self.roster = Roster(self.arms, tell=encoder.names)
        self.default = scaled(placement.reward.default, placement.reward)
        self.shape = _shape(self.arms, floor=placement.floor)

    @cached_property
    def arm_encoder(self) -> ArmEncoder:
        """Makes the vectors of single arms, for policies that ask for them."""
        return ArmEncoder(self.arms, self.encoder)


def _shape(arms: Mapping[str, Arm], *, floor: float) -> Shape:
    boost = [arm.boost for arm in arms.values()]
    low, high = [arm.share.min for arm in arms.values()], [arm.share.max for arm in arms.values()]
    shares = any(least > 0 for least in low) or any(most < 1 for most in high)
    return Shape(
        boost=np.array(boost) if any(factor != 1 for factor in boost) else None,
        floor=floor,
        low=np.array(low) if shares else None,
        high=np.array(high) if shares else None,
    )


@dataclass(frozen=True, slots=True)
class Chooser:
    """Who chooses: the policy, which life of it (`epoch`), and up to which log position it has learned.

    Args:
        examination: see `Decided`.
        names: what arms are called when the policy is asked about them (see `established`).
    """

    policy: Policy
    epoch: int
    position: int
    fallback: bool = False
    examination: tuple[float, ...] = ()
    names: Callable[[tuple[str, ...]], tuple[str, ...]] = tuple

    def replaced(self, *, dimension: int) -> Chooser:
        """The marketer's order in place of a policy that fails on vectors of this length."""
        fixed = build({"kind": "fixed"}, dimension=dimension)
        return Chooser(fixed, self.epoch, self.position, fallback=True)

# SPDX-License-Identifier: Apache-2.0
"""What the log adds up to: catalogue, keys, what the policies have learned, tallies and caps."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from bandit.core.caps import Caps
from bandit.core.catalogue import Placement, Role
from bandit.core.tally import Tallies, new_tallies
from policies import Policy, build


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is kept: never its secret. No placements means all of them."""

    id: str
    name: str
    role: Role
    digest: bytes
    created_at: float
    placements: tuple[str, ...] = ()


@dataclass(slots=True)
class Learner:
    """The learning side of a placement.

    Args:
        policy: the algorithm with what it has learned.
        epoch: log position at which this policy began from nothing; a contribution counts only in its own
            epoch: a policy of another kind, other columns or another reward scale cannot take it back.
        since: the same for tallies, which outlive a policy but not a change of the reward scale.
        tallies: what the arms earned, in scaled rewards.
        decisions: decisions by group.
    """

    policy: Policy
    epoch: int
    since: int
    tallies: Tallies = field(default_factory=new_tallies)
    decisions: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class State:
    """A pure function of the log up to and including `position`; `at` is the newest time in it."""

    position: int = 0
    at: float = 0.0
    catalogue: dict[str, Placement] = field(default_factory=dict)
    learners: dict[str, Learner] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    caps: Caps = field(default_factory=Caps)


def succeed(old: Learner | None, before: Placement | None, now: Placement, *, position: int) -> Learner:
    """The learner of a placement that was created or changed: it keeps what it can, else it begins anew."""
    if old is None or before is None or before.reward.scale != now.reward.scale:
        return Learner(new_policy(now), position, position)
    same_columns = before.features.same_columns(now.features)
    if same_columns and before.policy == now.policy:
        return old
    policy, epoch = new_policy(now), position
    if same_columns and before.policy["kind"] == now.policy["kind"]:
        try:
            policy.load(old.policy.dump())
            epoch = old.epoch
        except ValueError:
            # With its new settings it cannot use what it had learned, and has refused it without a change.
            epoch = position
    return Learner(policy, epoch, old.since, old.tallies, old.decisions)


def new_policy(placement: Placement) -> Policy:
    """A placement's policy before it has learned anything."""
    return build(placement.policy, dimension=placement.features.length)

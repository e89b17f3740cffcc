# SPDX-License-Identifier: Apache-2.0
"""What the log adds up to: catalogue, keys, what the policies have learned, tallies and caps."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from bandit.core.caps import Caps
from bandit.core.catalogue import Placement, Role
from bandit.core.established import Established
from bandit.core.events import Decided, Rewarded
from bandit.core.life import Life
from bandit.core.positions import Positions, as_weights
from bandit.core.stage import Chooser
from policies import Policy, build


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is kept: never its secret. No placements means all of them."""

    id: str
    name: str
    role: Role
    digest: bytes
    created_at: float
    placements: tuple[str, ...] = ()

    @property
    def rules(self) -> bool:
        """Whether it may do everything, other keys included."""
        return self.role == "admin" and not self.placements


class Forgetting(msgspec.Struct, frozen=True, array_like=True):
    """How far a user is forgotten.

    Args:
        barrier: log position of the newest wish; decisions made from a state before it take no rewards.
        erased: the newest barrier up to which nothing of the user is left in the sums.
    """

    barrier: int
    erased: int = 0


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody said is in the air: topics with weights from 0 to 1, `until` a time in Unix seconds."""

    topics: dict[str, float]
    until: float
    by: str
    at: float


@dataclass(slots=True)
class Learner:
    """The learning side of a placement.

    Args:
        policy: the algorithm with what it has learned.
        life: its present life; a contribution is learned only in its own: a policy of another kind, with
            other columns or another reward scale cannot take it back.
        past: the lives before, the newest first.
        since: log position from which `positions` count; they outlive a policy but not its reward scale.
        positions: what the slots of the holdout earned.
        established: which arms have sums and tallies of their own.
    """

    policy: Policy
    life: Life
    past: list[Life] = field(default_factory=list)
    since: int = 0
    positions: Positions = field(default_factory=Positions)
    established: Established = field(default_factory=Established)

    @property
    def epoch(self) -> int:
        """Log position at which the present life began."""
        return self.life.epoch

    @property
    def lives(self) -> list[Life]:
        """All lives that are kept, the present one first."""
        return [self.life, *self.past]

    def life_of(self, epoch: int) -> Life | None:
        """The life that decisions of an epoch count for; None where it is not kept any more."""
        return (
            self.life
            if epoch == self.life.epoch
            else next((life for life in self.past if life.epoch == epoch), None)
        )

    def chooser(self, placement: Placement, *, position: int) -> Chooser:
        """Who chooses when the state at `position` is decided from."""
        return Chooser(
            self.policy,
            self.epoch,
            position,
            examination=self.examination(placement),
            names=self.established.names,
        )

    def examination(self, placement: Placement) -> tuple[float, ...]:
        """How likely visitors look at each slot, as decisions carry it; empty when all are looked at."""
        if placement.examination is None:
            return ()
        if placement.examination == "estimated":
            return self.positions.estimate(placement.slots)
        return as_weights(placement.examination)


@dataclass(slots=True)
class State:
    """A pure function of the log up to and including `position`; `at` is the newest time in it.

    Args:
        forgotten: by pseudonym, the users of whom somebody asked that they be forgotten.
        signals: by name; another dict whenever one is put or taken back.
        secret: fingerprint of the secret that pseudonyms are made with, empty until one was adopted.
    """

    position: int = 0
    at: float = 0.0
    catalogue: dict[str, Placement] = field(default_factory=dict)
    learners: dict[str, Learner] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    caps: Caps = field(default_factory=Caps)
    forgotten: dict[str, Forgetting] = field(default_factory=dict)
    signals: dict[str, Signal] = field(default_factory=dict)
    secret: str = ""

    def learns_from(self, event: Decided | Rewarded) -> bool:
        """Whether the policy that serves now learns from a decision, or has learned a reward of it.

        It has not if the policy failed when it decided, or is another by now.
        """
        learner = self.learners.get(event.placement)
        return event.learns and learner is not None and learner.epoch == event.epoch

    def has_forgotten(self, decided: Decided) -> bool:
        """Whether a decision was made for a user of whom somebody asked since that they be forgotten."""
        forgetting = self.forgotten.get(decided.user)
        return forgetting is not None and decided.made_from < forgetting.barrier


def new_policy(placement: Placement) -> Policy:
    """A placement's policy before it has learned anything."""
    return build(placement.policy, dimension=placement.features.length, least=placement.reward.least)

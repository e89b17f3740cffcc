# SPDX-License-Identifier: Apache-2.0
"""Everything that can have happened: the kinds of event that the log holds.

Events are in the past tense and carry all that folding them needs, so that the fold looks nothing up.
Times (`at`) are Unix seconds; a decision's day bucket is `day_of(at)`. Feature vectors are little-endian
int16 counts of 2^-10 (see `features`), `p` holds little-endian float64. A new field needs a default; a
changed meaning, a changed default of the catalogue included, needs a new schema number in `codec`.
"""

from __future__ import annotations

import msgspec

from bandit.core.catalogue import Arm, Placement, Role
from bandit.core.values import Value


def day_of(at: float) -> int:
    """Days since 1970-01-01 UTC."""
    return int(at // 86_400)


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """Root of all events; `at` is when it happened."""

    at: float


class Contribution(msgspec.Struct, frozen=True, array_like=True):
    """What one shown slot adds to the sums, or how a reward corrects what it added.

    Args:
        slot: 0 is the first.
        arm: what was shown there.
        x: the feature vector of the arm at decision time, shape (d,).
        weight: when the slot counts for the first time, its examination probability (1 unless the placement
            says otherwise); 0 for a correction; negative when it is taken away.
        change: by how much the slot's scaled reward changed, a multiple of 2^-24.
        reward: the slot's scaled reward after the change, in [-1, 1].
        propensity: the probability with which the arm was drawn for the slot.
        note: what the policy noted of the arm when it was drawn, None when it noted nothing.
    """

    slot: int
    arm: str
    x: bytes
    weight: float
    change: float
    reward: float
    propensity: float
    note: float | None = None


def model_version(policy: str, position: int) -> str:
    """How people read which model it was: the policy, and the log position up to which it had learned."""
    return f"{policy}@{position}"


class Decided(Event, frozen=True, kw_only=True, tag="decided"):
    """Arms were chosen for the slots of a placement.

    Args:
        decision: its id.
        epoch: which life of the placement's policy chose (see `state.Learner`); rewards count for it alone.
        policy: kind of the policy; made_from: the log position of the state that it was decided from, and so
            up to which the policy had learned.
        user: pseudonym of the visitor, empty when unknown.
        context: what was known, by field; only declared fields and those of adapters.
        arms: the eligible arms, K of them, in the marketer's order; left_out: why the others were not.
        x: feature vectors, shape (n_slots, d) when they differ by arm (`per_arm`), else (1, d).
        slots: the arm in each slot; propensities, scores: of that arm for that slot.
        p: probabilities used by the draw, shape (n_slots, K).
        default: scaled reward of a slot without any reward.
        counted: whether the slots counted at once (no wait, not deferred).
        learns: whether the policy learns from it (a fallback teaches nothing).
        due: when the wait is over, None if there is none or activation must come first.
        notes: what the policy noted of the arm in each slot; empty when it noted nothing.
        sources: the state of each context source that was not at its best; empty when all were.
        examination: how likely a visitor looks at each slot; empty when all are looked at.
        cascade: whether slots below the last click do not count.
    """

    decision: str
    placement: str
    epoch: int
    policy: str
    made_from: int
    user: str
    context: dict[str, Value]
    arms: tuple[str, ...]
    left_out: dict[str, str]
    x: bytes
    slots: list[str]
    propensities: list[float]
    scores: list[float]
    p: bytes
    default: float
    counted: bool
    per_arm: bool = False
    learns: bool = True
    holdout: bool = False
    fallback: bool = False
    deferred: bool = False
    due: float | None = None
    notes: tuple[float, ...] = ()
    sources: dict[str, str] = {}
    examination: tuple[float, ...] = ()
    cascade: bool = False

    @property
    def model(self) -> str:
        """The version of the model as people read it."""
        return model_version(self.policy, self.made_from)


class Joined(Event, frozen=True, kw_only=True):
    """What events that refer to a decision have in common; they repeat what the fold needs of it.

    Args:
        made_from: the log position of the state that the decision was made from.
        cascade: slots below the last click that were taken away, or given back, because of this event. The
            policy learns them; tallies count what was shown, read or not.
    """

    decision: str
    placement: str
    epoch: int
    made_from: int
    day: int
    holdout: bool
    learns: bool
    cascade: tuple[Contribution, ...] = ()


class Rewarded(Joined, frozen=True, kw_only=True, tag="rewarded"):
    """A reward was accepted for a slot.

    Args:
        reward_id: a second reward of the decision with this id is a duplicate.
        name: the named reward event ("click"), empty when a number was given.
        value: what was posted, in the placement's units.
        total: all rewards of the slot combined, in the placement's units, not clipped.
        units: the same in exact counts of 2^-24 of the placement's scale.
        rewards: how many rewards the slot has had.
        late: the wait was over before it came; learned: False when it came too late to count.
        counted: whether the slot counts after this; r: the scaled, clipped reward that it then counts with.
        contribution: None when nothing is to be folded.
    """

    slot: int
    arm: str
    reward_id: str
    name: str
    value: float
    total: float
    units: int
    rewards: int
    late: bool
    learned: bool
    counted: bool
    r: float
    contribution: Contribution | None


class Activated(Joined, frozen=True, kw_only=True, tag="activated"):
    """A deferred decision was shown after all.

    Args:
        slots: the arms shown; user: whom, for caps.
        contributions: one a slot when there is no wait, else none.
        due: when the wait is over, None if there is none.
    """

    slots: list[str]
    user: str
    contributions: list[Contribution]
    due: float | None = None


class Expired(Joined, frozen=True, kw_only=True, tag="expired"):
    """The wait for rewards is over: slots that had none count with the default reward."""

    contributions: list[Contribution]


class Changed(Event, frozen=True, kw_only=True):
    """A person changed something; `by` is the id of their key, or "command line"."""

    by: str


class PlacementPut(Changed, frozen=True, kw_only=True, tag="placement_put"):
    """A placement was created or replaced, arms included."""

    name: str
    placement: Placement


class PlacementDeleted(Changed, frozen=True, kw_only=True, tag="placement_deleted"):
    """A placement was deleted, with what it had learned."""

    name: str


class ArmPut(Changed, frozen=True, kw_only=True, tag="arm_put"):
    """An arm was created or replaced."""

    placement: str
    name: str
    arm: Arm


class ArmDeleted(Changed, frozen=True, kw_only=True, tag="arm_deleted"):
    """An arm was taken out of the catalogue; what was learned about it stays, should it return."""

    placement: str
    name: str


class KeyCreated(Changed, frozen=True, kw_only=True, tag="key_created"):
    """A key was made; only the SHA-256 of its secret is kept. No placements means all of them."""

    id: str
    name: str
    role: Role
    digest: bytes
    placements: tuple[str, ...] = ()


class KeyRevoked(Changed, frozen=True, kw_only=True, tag="key_revoked"):
    """A key was revoked."""

    id: str


class SignalPut(Changed, frozen=True, kw_only=True, tag="signal_put"):
    """Somebody said what is in the air; it replaces what was said under the same name.

    Args:
        topics: with weights from 0 to 1.
        until: when it no longer counts, in Unix seconds.
    """

    name: str
    topics: dict[str, float]
    until: float


class SignalDropped(Changed, frozen=True, kw_only=True, tag="signal_dropped"):
    """A signal was taken back before its time."""

    name: str


class SecretAdopted(Changed, frozen=True, kw_only=True, tag="secret_adopted"):
    """From here on, users' pseudonyms are made with the secret that has this fingerprint (hexadecimal)."""

    fingerprint: str


class UserForgotten(Changed, frozen=True, kw_only=True, tag="user_forgotten"):
    """Somebody asked that a user be forgotten: from here on, decisions made before take no rewards.

    Args:
        user: the pseudonym.
    """

    user: str


class Erasure(msgspec.Struct, frozen=True, array_like=True):
    """What one decision has added to the state, to be taken away.

    Args:
        placement, epoch, made_from, day, holdout, learns: of the decision.
        shown: arms that were counted as shown; rewarded: the arm of every reward that was accepted.
        contributions: minus what each slot that counts stands for.
        cascade: slots that the cascade had taken away from the policy, given back before they are removed.
    """

    placement: str
    epoch: int
    made_from: int
    day: int
    holdout: bool
    learns: bool
    shown: list[str]
    rewarded: list[str]
    contributions: list[Contribution]
    cascade: list[Contribution]


class UserErased(Changed, frozen=True, kw_only=True, tag="user_erased"):
    """A part of what a forgotten user's decisions had added was taken away.

    Args:
        user: the pseudonym; barrier: position of the `UserForgotten` that asked for it.
        erasures: one a decision; last: whether nothing is left of those made before the barrier.
    """

    user: str
    barrier: int
    erasures: list[Erasure]
    last: bool


AnyEvent = (
    Decided
    | Rewarded
    | Activated
    | Expired
    | PlacementPut
    | PlacementDeleted
    | ArmPut
    | ArmDeleted
    | KeyCreated
    | KeyRevoked
    | SignalPut
    | SignalDropped
    | SecretAdopted
    | UserForgotten
    | UserErased
)

# SPDX-License-Identifier: Apache-2.0
"""What requests and replies look like: the decoders, the encoder and openapi.json all use these types."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from bandit.core.catalogue import Placement, Role
from bandit.core.placement import MAX_SLOTS
from bandit.core.values import Scalar
from bandit.service.rewarding import Status

MAX_INLINE_ARMS = 500
MAX_EXCLUDED = 10_000
MAX_REWARDS = 1_000
MAX_USER = 256

ExcludedArm = Annotated[str, msgspec.Meta(max_length=256)]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request body: what it does not name is refused."""


class InlineArm(Body, frozen=True):
    """An arm that comes with a rank in place of the catalogue's."""

    id: str
    features: dict[str, Scalar] = {}
    payload: Any = None


class RankRequest(Body, frozen=True):
    """Asks for the slots of a placement."""

    placement: str
    context: dict[str, Any] = {}
    user: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_USER)] | None = None
    slots: Annotated[int, msgspec.Meta(ge=1, le=MAX_SLOTS)] | None = None
    exclude: Annotated[list[ExcludedArm], msgspec.Meta(max_length=MAX_EXCLUDED)] = []
    arms: Annotated[list[InlineArm], msgspec.Meta(min_length=1, max_length=MAX_INLINE_ARMS)] | None = None
    decision_id: str | None = None
    defer: bool = False


class SlotReply(msgspec.Struct, frozen=True):
    """A filled slot; `propensity` is the exact probability with which its arm was drawn for it."""

    slot: int
    arm: str
    propensity: float
    score: float
    payload: Any


class LeftOutSlot(msgspec.Struct, frozen=True):
    """A slot of a repeated decision whose arm may not be shown any more."""

    slot: int
    arm: str
    reason: str


class RankReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """A decision; what is not `logged` could not be kept, so it takes no rewards and teaches nothing.

    `left_out` are slots of a decision made for an earlier request with the same id, whose arms may not be
    shown any more.
    """

    decision_id: str
    placement: str
    policy: str
    model: str
    fallback: bool
    holdout: bool
    logged: bool
    slots: list[SlotReply]
    left_out: list[LeftOutSlot] = []


class ActivateRequest(Body, frozen=True):
    """Says that a deferred decision was shown."""

    decision_id: str


class ActivateReply(msgspec.Struct, frozen=True):
    """The decision counts as shown."""

    decision_id: str
    status: Literal["activated"] = "activated"


class RewardRequest(Body, frozen=True):
    """A reward: a named `event` or a number, for a slot, an arm, or neither (slot 0)."""

    decision_id: str
    event: str | None = None
    reward: float | None = None
    slot: int | None = None
    arm: str | None = None
    reward_id: str | None = None


class RewardReply(msgspec.Struct, frozen=True):
    """What became of a reward: the slot's aggregate so far, and whether the policy learns from it."""

    status: Status
    reward: float
    learned: bool


# Kept raw, so that an item of the wrong shape is refused alone and not with all the others.
RewardItem = Annotated[
    msgspec.Raw, msgspec.Meta(extra_json_schema={"$ref": "#/components/schemas/RewardRequest"})
]


class RewardsRequest(Body, frozen=True):
    """Many rewards at once."""

    rewards: Annotated[list[RewardItem], msgspec.Meta(max_length=MAX_REWARDS)]


class Problem(msgspec.Struct, frozen=True):
    """What is wrong: a stable word, one line for people, and the offending field if there is one."""

    code: str
    message: str
    field: str | None


class ErrorReply(msgspec.Struct, frozen=True):
    """The one shape of every error."""

    error: Problem


class RewardItemReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one of many rewards; `error` says why it was refused."""

    status: Status | Literal["refused"]
    reward: float | None = None
    learned: bool | None = None
    error: Problem | None = None


class RewardsReply(msgspec.Struct, frozen=True):
    """One item per reward, in their order."""

    rewards: list[RewardItemReply]


class PlacementsReply(msgspec.Struct, frozen=True):
    """The placements that the key may see, by name: the shape of a catalogue file."""

    placements: dict[str, Placement]


class ContextRequest(Body, frozen=True, kw_only=True):
    """Asks what would be known about a request with this context; `at` is now where it is not given."""

    context: dict[str, Any] = {}
    at: datetime | None = None


class SignalRequest(Body, frozen=True, kw_only=True):
    """Says what is in the air: topics with weights from 0 to 1, and for how many seconds."""

    topics: dict[str, float]
    ttl_s: float = 86_400.0


class SignalReply(msgspec.Struct, frozen=True):
    """A signal that counts `until` a time, in Unix seconds; `by` whom it was put `at` what time."""

    topics: dict[str, float]
    until: float
    by: str
    at: float


class SignalsReply(msgspec.Struct, frozen=True):
    """All signals that count now, by name."""

    signals: dict[str, SignalReply]


class KeyRequest(Body, frozen=True):
    """Asks for a key; without placements it is good for all of them."""

    role: Role
    name: str = ""
    placements: list[str] = []


class KeyReply(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is kept; `created_at` in Unix seconds."""

    id: str
    name: str
    role: Role
    created_at: float
    placements: tuple[str, ...]


class NewKeyReply(KeyReply, frozen=True, kw_only=True):
    """A new key; `key` itself is never shown again."""

    key: str


class KeysReply(msgspec.Struct, frozen=True):
    """All keys that are not revoked, oldest first."""

    keys: list[KeyReply]


class ForgottenReply(msgspec.Struct, frozen=True):
    """How many decisions were taken away; `kept`: by placement, the kind of a policy that cannot unlearn."""

    decisions: int
    kept: dict[str, str]


class ForgetQuery(Body, frozen=True):
    """Whether a change may forget what was learned; without it such a change is refused with 409."""

    forget: bool = False


class ChangedPlacement(Placement, frozen=True):
    """A placement as it now is; `forgotten` says what its change has made forget, a sentence each."""

    forgotten: tuple[str, ...] = ()


def changed(placement: Placement, forgotten: tuple[str, ...]) -> ChangedPlacement:
    """The reply to a change of a placement."""
    return ChangedPlacement(**msgspec.structs.asdict(placement), forgotten=forgotten)


class AuditQuery(Body, frozen=True):
    """Which changes: those that follow the log position `after`, at most `limit` of them."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 100


class AuditReply(msgspec.Struct, frozen=True):
    """Changes made by people, oldest first; pass `next` as `after` to go on."""

    changes: list[dict[str, Any]]
    next: int


class HealthReply(msgspec.Struct, frozen=True):
    """That the process answers."""

    status: Literal["ok"]


class ReadyReply(msgspec.Struct, frozen=True):
    """That the process should be sent visitors; `log`: whether what they do can be kept as well."""

    status: Literal["ready"]
    log: Literal["writable", "not writable"]

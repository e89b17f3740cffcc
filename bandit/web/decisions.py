# SPDX-License-Identifier: Apache-2.0
"""Ranking, activating a deferred decision, and the trace of a decision."""

from __future__ import annotations

import asyncio
from typing import Any

from bandit.core.catalogue import Arm, check_name
from bandit.core.decoding import nested, shorten
from bandit.errors import Forbidden, Invalid
from bandit.service.stages import placement_not_found
from bandit.web.call import Call
from bandit.web.headers import GPC
from bandit.web.seen import SEEN
from bandit.web.shapes import (
    ActivateReply,
    ActivateRequest,
    InlineArm,
    LeftOutSlot,
    RankReply,
    RankRequest,
    SlotReply,
)

_NONE: frozenset[str] = frozenset()


async def rank(call: Call[RankRequest]) -> RankReply:
    """Fill the slots of a placement for a visitor."""
    service, body, caller = call.service, call.body, call.caller
    if caller.role == "publishable":
        _check_publishable(body)
    name = body.placement
    if name not in service.live.state.catalogue or not caller.sees(name):
        raise placement_not_found(name)
    if body.decision_id is not None:
        check_name("decision_id", body.decision_id)
    ranked = await service.rank(
        name,
        body.context,
        user=body.user or "",
        slots=body.slots,
        exclude=frozenset(body.exclude) if body.exclude else _NONE,
        arms=None if body.arms is None else _inline(body.arms),
        decision_id=body.decision_id,
        deferred=body.defer,
        gpc=call.headers.get(GPC) == "1",
    )
    decided, arms = ranked.decided, ranked.arms
    if decided.fallback:
        call.app[SEEN].fallbacks += 1
    if not ranked.logged:
        call.app[SEEN].unlogged += 1
    return RankReply(
        decided.decision,
        decided.placement,
        decided.policy,
        decided.model,
        decided.fallback,
        decided.holdout,
        ranked.logged,
        [
            SlotReply(slot, arm, propensity, score, arms[arm].payload)
            for slot, (arm, propensity, score) in enumerate(
                zip(decided.slots, decided.propensities, decided.scores, strict=True)
            )
            if slot not in ranked.left_out
        ],
        [LeftOutSlot(slot, decided.slots[slot], why) for slot, why in ranked.left_out.items()],
    )


def _check_publishable(body: RankRequest) -> None:
    """A key that anyone can read in a page may not choose ids, nor what is shown."""
    for field, value in (("decision_id", body.decision_id), ("arms", body.arms)):
        if value is not None:
            raise Forbidden(
                f"{field}: got one with a publishable key; allowed with a server key", field=field
            )


def _inline(arms: list[InlineArm]) -> dict[str, Arm]:
    out: dict[str, Arm] = {}
    for index, arm in enumerate(arms):
        try:
            check_name("id", arm.id)
            if arm.id in out:
                raise Invalid(f"id: got {shorten(arm.id)} again; allowed each arm once", field="id")
            out[arm.id] = Arm(features=arm.features, payload=arm.payload)
        except Invalid as error:
            raise nested(error, at=f"arms.{index}") from None
    return out


async def activate(call: Call[ActivateRequest]) -> ActivateReply:
    """Count a deferred decision as shown."""
    decision = call.body.decision_id
    await call.service.rewarding.activate(decision, scope=call.caller.scope, at=call.service.clock())
    return ActivateReply(decision)


async def trace(call: Call[None]) -> dict[str, Any]:
    """Everything about a decision."""
    # The log is read from the disk, so not in the event loop.
    return await asyncio.to_thread(
        call.service.reporting.trace, call.path["decision"], scope=call.caller.scope
    )

# SPDX-License-Identifier: Apache-2.0
"""Rewards, one or many."""

from __future__ import annotations

import asyncio

import msgspec

from bandit.core.join import Posted
from bandit.errors import SlotwiseError
from bandit.service.rewarding import Outcome
from bandit.web.call import Call
from bandit.web.error_shape import problem, status_of
from bandit.web.parse import decode
from bandit.web.seen import SEEN
from bandit.web.shapes import RewardItemReply, RewardReply, RewardRequest, RewardsReply, RewardsRequest

_items = msgspec.json.Decoder(RewardRequest)
_BATCH = "POST /v1/rewards"


async def reward(call: Call[RewardRequest]) -> RewardReply:
    """Accept a reward."""
    return RewardReply(*await _outcome(call, call.body))


async def rewards(call: Call[RewardsRequest]) -> RewardsReply:
    """Accept many rewards; each is accepted or refused on its own, in their order."""
    # Gathered tasks start in order, so the rewards reach the log in order and share its commits.
    outcomes = await asyncio.gather(*(_item(call, raw) for raw in call.body.rewards), return_exceptions=True)
    replies = [_reply(outcome) for outcome in outcomes]
    for outcome in outcomes:
        if isinstance(outcome, SlotwiseError):
            call.app[SEEN].refused(outcome, route=_BATCH, status=status_of(outcome), caller=call.caller.id)
    return RewardsReply(replies)


async def _item(call: Call[RewardsRequest], raw: msgspec.Raw) -> Outcome:
    return await _outcome(call, decode(_items, raw))


async def _outcome(call: Call[RewardRequest] | Call[RewardsRequest], body: RewardRequest) -> Outcome:
    posted = Posted(body.decision_id, body.event, body.reward, body.slot, body.arm, body.reward_id)
    return await call.service.rewarding.reward(posted, scope=call.caller.scope, at=call.service.clock())


def _reply(outcome: Outcome | BaseException) -> RewardItemReply:
    if isinstance(outcome, Outcome):
        return RewardItemReply(*outcome)
    if isinstance(outcome, SlotwiseError):
        return RewardItemReply("refused", error=problem(outcome))
    raise outcome

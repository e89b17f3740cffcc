# SPDX-License-Identifier: Apache-2.0
"""Signals: what operators say is in the air."""

from __future__ import annotations

from bandit.web.call import Answer, Call
from bandit.web.shapes import SignalReply, SignalRequest, SignalsReply


async def listed(call: Call[None]) -> SignalsReply:
    """All signals that count now."""
    return SignalsReply(_replies(call))


async def put(call: Call[SignalRequest]) -> Answer:
    """Say what is in the air for a while; it replaces what was said under the same name."""
    name, body = call.path["name"], call.body
    new = await call.service.signals.put(name, body.topics, ttl_s=body.ttl_s, by=call.caller.id)
    return Answer(_replies(call)[name], 201 if new else 200)


async def drop(call: Call[None]) -> None:
    """Take a signal back before its time."""
    await call.service.signals.drop(call.path["name"], by=call.caller.id)


def _replies(call: Call[SignalRequest] | Call[None]) -> dict[str, SignalReply]:
    return {
        name: SignalReply(each.topics, each.until, each.by, each.at)
        for name, each in call.service.signals.live().items()
    }

# SPDX-License-Identifier: Apache-2.0
"""Users: all that can be done to one is to forget them."""

from __future__ import annotations

from bandit.errors import Invalid
from bandit.web.call import Call
from bandit.web.shapes import MAX_USER, ForgottenReply


async def forget(call: Call[None]) -> ForgottenReply:
    """Take away what the decisions for a user have taught and counted, as if they had never been made."""
    user = call.path["user"]
    if len(user) > MAX_USER:
        raise Invalid(f"user: got {len(user)} characters; allowed at most {MAX_USER}", field="user")
    found = await call.service.forget(user, by=call.caller.id)
    return ForgottenReply(found.decisions, found.kept)

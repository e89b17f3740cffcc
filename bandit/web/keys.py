# SPDX-License-Identifier: Apache-2.0
"""Keys: made, listed, revoked."""

from __future__ import annotations

from bandit.web.call import Call
from bandit.web.shapes import KeyReply, KeyRequest, KeysReply, NewKeyReply


async def create(call: Call[KeyRequest]) -> NewKeyReply:
    """Make a key; the reply is the only place where it is ever shown."""
    body = call.body
    kept, secret = await call.service.changes.create_key(
        body.role, name=body.name, placements=body.placements, by=call.caller.id
    )
    return NewKeyReply(
        key=secret,
        id=kept.id,
        name=kept.name,
        role=kept.role,
        created_at=kept.created_at,
        placements=kept.placements,
    )


async def listed(call: Call[None]) -> KeysReply:
    """All keys that are not revoked."""
    keys = call.service.live.state.keys.values()
    return KeysReply(
        [
            KeyReply(
                id=key.id,
                name=key.name,
                role=key.role,
                created_at=key.created_at,
                placements=key.placements,
            )
            for key in keys
        ]
    )


async def revoke(call: Call[None]) -> None:
    """Revoke a key; it is refused from now on."""
    await call.service.changes.revoke_key(call.path["id"], by=call.caller.id)

# SPDX-License-Identifier: Apache-2.0
"""How a placement does, and who changed what."""

from __future__ import annotations

import asyncio

from bandit.service.reporting import PlacementReport
from bandit.service.stages import placement_not_found
from bandit.web.call import Call
from bandit.web.shapes import AuditQuery, AuditReply


async def report(call: Call[None]) -> PlacementReport:
    """How a placement and its arms do."""
    name = call.path["placement"]
    if not call.caller.sees(name):
        raise placement_not_found(name)
    return call.service.reporting.report(name)


async def audit(call: Call[None]) -> AuditReply:
    """The changes that people made, with who and when."""
    query: AuditQuery = call.query
    # The log is read from the disk, so not in the event loop.
    changes = await asyncio.to_thread(call.service.reporting.audit, after=query.after, limit=query.limit)
    return AuditReply(changes, next=changes[-1]["position"] if changes else query.after)

# SPDX-License-Identifier: Apache-2.0
"""The context of a placement: what would be known about a request, and how good it has been."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from bandit.core.checked import within
from bandit.errors import Invalid
from bandit.service.explaining import ContextReport
from bandit.service.quality import PlacementQuality
from bandit.service.stages import placement_not_found
from bandit.web.call import Call
from bandit.web.headers import GPC
from bandit.web.shapes import ContextRequest

LATEST = datetime(9998, 1, 1, tzinfo=UTC).timestamp()


async def explain(call: Call[ContextRequest]) -> ContextReport:
    """What would be known about a request, why the rest is missing, and the vector that it becomes."""
    at = call.body.at
    if at is not None:
        if at.tzinfo is None:
            raise Invalid("at: got a time without its zone; allowed e.g. 2026-11-01T00:00:00Z", field="at")
        within("at", at.timestamp(), 0, LATEST)
    return call.service.explain(
        _name(call),
        call.body.context,
        at=None if at is None else at.timestamp(),
        gpc=call.headers.get(GPC) == "1",
    )


async def quality(call: Call[None]) -> PlacementQuality:
    """How often each field was missing, stale or out of range, and which have moved from their past."""
    # The log is read from the disk, so not in the event loop.
    return await asyncio.to_thread(call.service.quality, _name(call))


def _name(call: Call[Any]) -> str:
    """The placement that the path names, unless the key may not see it."""
    name = call.path["placement"]
    if not call.caller.sees(name):
        raise placement_not_found(name)
    return name

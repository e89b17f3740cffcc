# SPDX-License-Identifier: Apache-2.0
"""Whether the process lives, and whether it should be sent traffic."""

from __future__ import annotations

from bandit.errors import Unavailable
from bandit.web.call import Call
from bandit.web.drain import DRAIN
from bandit.web.shapes import HealthReply


async def healthz(call: Call[None]) -> HealthReply:  # noqa: ARG001
    """The process answers."""
    return HealthReply("ok")


async def readyz(call: Call[None]) -> HealthReply:
    """The state is caught up, the log can be written, and the process is not about to stop."""
    if call.app[DRAIN].begun:
        raise Unavailable("server: is about to stop; allowed to try elsewhere", code="draining")
    await call.service.live.check_writable()
    return HealthReply("ready")

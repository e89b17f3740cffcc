# SPDX-License-Identifier: Apache-2.0
"""Whether the process lives, and whether it should be sent traffic."""

from __future__ import annotations

from bandit.errors import Unavailable
from bandit.web.call import Call
from bandit.web.drain import DRAIN
from bandit.web.shapes import HealthReply, ReadyReply


async def healthz(call: Call[None]) -> HealthReply:  # noqa: ARG001
    """The process answers."""
    return HealthReply("ok")


async def readyz(call: Call[None]) -> ReadyReply:
    """Whether visitors should be sent here: the state is caught up and the process is not about to stop.

    A log that cannot be written is no reason to send them away, for ranks are answered all the same.
    """
    if call.app[DRAIN].begun:
        raise Unavailable("server: is about to stop; allowed to try elsewhere", code="draining")
    return ReadyReply("ready", "writable" if call.service.live.writable else "not writable")

# SPDX-License-Identifier: Apache-2.0
"""What a process has answered since it started, counted, and told in the program's log."""

from __future__ import annotations

from collections import Counter, defaultdict

import structlog
from aiohttp import web

from bandit.errors import SlotwiseError
from bandit.service.sampling import Sampled

logger = structlog.get_logger(__name__)


class Seen:
    """Counts that only grow.

    Args:
        lines: writes the program's log.

    Attributes:
        answers: by route, then by status; refusals: by route, status and code.
        fallbacks: ranks answered without their policy; unlogged: ranks answered though nothing was kept.
    """

    def __init__(self, lines: Sampled) -> None:
        self._lines = lines
        self.answers: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self.refusals: Counter[tuple[str, int, str]] = Counter()
        self.fallbacks = 0
        self.unlogged = 0

    def refused(self, error: SlotwiseError, *, route: str, status: int, caller: str) -> None:
        """A request, or a piece of one, was refused; `caller` is the key's id, empty when it is not known."""
        code = error.code
        self.refusals[route, status, code] += 1
        self._lines.say(
            logger,
            "info",
            "refused",
            kind=(route, status, code),
            status=status,
            code=code,
            route=route,
            key=caller,
        )

    def failed(self, error: BaseException | None, *, route: str, caller: str) -> None:
        """A fault of ours was answered with 500; the program's log has all there is to know."""
        self._lines.say(
            logger,
            "error",
            "request_failed",
            kind=(route, type(error)),
            route=route,
            key=caller,
            exc_info=error,
        )


SEEN = web.AppKey("seen", Seen)

# SPDX-License-Identifier: Apache-2.0
"""A limit on calls in sliding windows, so that a provider's terms hold however many cells are asked for."""

from __future__ import annotations

from collections import deque

MINUTE_S, DAY_S = 60.0, 86_400.0


class RateLimit:
    """At most so many calls in any minute and in any day."""

    def __init__(self, *, per_minute: int, per_day: int) -> None:
        self._limits = ((MINUTE_S, per_minute), (DAY_S, per_day))
        self._calls: deque[float] = deque(maxlen=per_day)

    def take(self, *, now: float) -> bool:
        """Count one call, if it keeps within the limits; else say no and count nothing."""
        for window_s, limit in self._limits:
            # The call that was made `limit` calls ago must have left the window.
            if len(self._calls) >= limit and now - self._calls[-limit] < window_s:
                return False
        self._calls.append(now)
        return True

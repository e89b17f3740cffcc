# SPDX-License-Identifier: Apache-2.0
"""A circuit breaker: after failures in a row a server is left alone, then tried once, then trusted again."""

from __future__ import annotations

from typing import Literal


class Breaker:
    """Closed until `failures` in a row; then open for a rest that doubles up to a longest.

    After the rest one request may try (half open): its success closes the breaker, its failure opens it anew.
    """

    def __init__(self, *, failures: int = 3, rest_s: float = 30.0, longest_s: float = 1800.0) -> None:
        self._limit = failures
        self._first_rest_s = rest_s
        self._longest_s = longest_s
        self._in_a_row = 0
        self._rest_s = rest_s
        self._open_until = float("-inf")
        self._trying = False

    def state(self, *, now: float) -> Literal["closed", "open", "half_open"]:
        """What it would do with a request now."""
        if now < self._open_until:
            return "open"
        return "half_open" if self._in_a_row >= self._limit else "closed"

    def allows(self, *, now: float) -> bool:
        """Whether a request may be made now; who gets a yes should report how it went.

        While one tries, the others find it open; a try of which nothing is heard is repeated after a rest.
        """
        state = self.state(now=now)
        if state == "half_open":
            self._trying = True
            self._open_until = now + self._rest_s
        return state != "open"

    def succeeded(self) -> None:
        """A request was answered well."""
        self._in_a_row, self._rest_s, self._trying = 0, self._first_rest_s, False
        self._open_until = float("-inf")

    def failed(self, *, now: float, retry_after_s: float | None = None) -> None:
        """A request failed; a server that asks for a pause gets it, whatever the count."""
        self._in_a_row += 1
        # Past the limit and not trying: it was under way when the breaker opened, and adds nothing.
        if self._in_a_row == self._limit or self._trying:
            self._open_until = now + self._rest_s
            self._rest_s = min(2 * self._rest_s, self._longest_s)
        self._trying = False
        if retry_after_s is not None:
            self._open_until = max(self._open_until, now + retry_after_s)

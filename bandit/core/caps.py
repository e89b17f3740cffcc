# SPDX-License-Identifier: Apache-2.0
"""How often a user was shown a capped arm: times within the sliding window, per arm and user."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping

from bandit.core.arm import Cap

Dumped = list[tuple[str, str, int, dict[str, list[float]]]]
"""Placement, arm, window in seconds, and by user the times at which the arm was shown."""


class CapCounter:
    """Times (Unix seconds) at which one arm was shown, by user; older than the window is forgotten."""

    def __init__(self, window_s: int, shown: dict[str, list[float]] | None = None) -> None:
        self.window_s = window_s
        self._shown: dict[str, list[float]] = shown or {}
        self._next_sweep = 64

    def add(self, user: str, *, at: float, now: float) -> None:
        """Count one showing `at`; `now` is the newest time known to the log."""
        insort(self._shown.setdefault(user, []), at)
        if len(self._shown) >= self._next_sweep:
            # Sweeping when the number of users has doubled keeps the cost of forgetting constant per showing.
            self.forget(now)
            self._next_sweep = max(64, 2 * len(self._shown))

    def count(self, user: str, *, at: float) -> int:
        """How often `user` was shown the arm in the window that ends `at`."""
        times = self._shown.get(user, ())
        return len(times) - bisect_right(times, at - self.window_s)

    def drop(self, user: str) -> None:
        """Forget how often a user was shown the arm."""
        self._shown.pop(user, None)

    def forget(self, now: float) -> None:
        """Drop what lies before the window that ends `now`."""
        kept = {
            user: times[bisect_right(times, now - self.window_s) :] for user, times in self._shown.items()
        }
        self._shown = {user: times for user, times in kept.items() if times}

    def dump(self, now: float) -> tuple[int, dict[str, list[float]]]:
        """Window and times, in an order that depends on the content alone."""
        self.forget(now)
        return self.window_s, dict(sorted(self._shown.items()))


class Caps:
    """The counters of all capped arms, by placement and arm."""

    def __init__(self) -> None:
        self._counters: dict[str, dict[str, CapCounter]] = {}

    def configure(self, placement: str, caps: Mapping[str, Cap], *, now: float) -> None:
        """Keep exactly these counters for a placement; what a shorter window forgot does not come back."""
        before = self._counters.pop(placement, {})
        if not caps:
            return
        counters = self._counters[placement] = {}
        for arm, cap in caps.items():
            counter = counters[arm] = before.get(arm) or CapCounter(cap.window_s)
            if counter.window_s != cap.window_s:
                counter.forget(now)
                counter.window_s = cap.window_s

    def any(self, placement: str) -> bool:
        """Whether any arm of a placement is capped."""
        return placement in self._counters

    def add(self, placement: str, arm: str, user: str, *, at: float, now: float) -> None:
        """Count a showing, if the arm is capped."""
        if counter := self._counters.get(placement, {}).get(arm):
            counter.add(user, at=at, now=now)

    def counts(self, placement: str, user: str, *, at: float) -> dict[str, int]:
        """How often the user was shown each capped arm of a placement within its window."""
        return {arm: counter.count(user, at=at) for arm, counter in self._counters.get(placement, {}).items()}

    def drop(self, user: str) -> None:
        """Forget how often a user was shown anything."""
        for counters in self._counters.values():
            for counter in counters.values():
                counter.drop(user)

    def dump(self, now: float) -> Dumped:
        """Plain data, in an order that depends on the content alone."""
        return [
            (placement, arm, *counter.dump(now))
            for placement, counters in sorted(self._counters.items())
            for arm, counter in sorted(counters.items())
        ]

    def load(self, data: Dumped) -> None:
        """Take over what `dump` gave."""
        self._counters = {}
        for placement, arm, window_s, shown in data:
            self._counters.setdefault(placement, {})[arm] = CapCounter(window_s, shown)

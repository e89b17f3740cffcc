# SPDX-License-Identifier: Apache-2.0
"""How often a user was shown a capped arm: times within the sliding window, per arm and user."""

from __future__ import annotations

from bisect import bisect_right, insort

from bandit.core.catalogue import Cap


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
        self._counters: dict[tuple[str, str], CapCounter] = {}
        self._capped: frozenset[str] = frozenset()

    def configure(self, placement: str, caps: dict[str, Cap], *, now: float) -> None:
        """Keep exactly these counters for a placement; what a shorter window forgot does not come back."""
        for key in [key for key in self._counters if key[0] == placement and key[1] not in caps]:
            del self._counters[key]
        for arm, cap in caps.items():
            counter = self._counters.setdefault((placement, arm), CapCounter(cap.window_s))
            if counter.window_s != cap.window_s:
                counter.forget(now)
                counter.window_s = cap.window_s
        self._capped = frozenset(place for place, _ in self._counters)

    def any(self, placement: str) -> bool:
        """Whether any arm of a placement is capped."""
        return placement in self._capped

    def add(self, placement: str, arm: str, user: str, *, at: float, now: float) -> None:
        """Count a showing, if the arm is capped."""
        if counter := self._counters.get((placement, arm)):
            counter.add(user, at=at, now=now)

    def count(self, placement: str, arm: str, user: str, *, at: float) -> int:
        """How often the user was shown the arm within its window; 0 when it is not capped."""
        counter = self._counters.get((placement, arm))
        return counter.count(user, at=at) if counter else 0

    def dump(self, now: float) -> list[tuple[str, str, int, dict[str, list[float]]]]:
        """Plain data, in an order that depends on the content alone."""
        return [(*key, *self._counters[key].dump(now)) for key in sorted(self._counters)]

    def load(self, data: list[tuple[str, str, int, dict[str, list[float]]]]) -> None:
        """Take over what `dump` gave."""
        self._counters = {(place, arm): CapCounter(window, shown) for place, arm, window, shown in data}
        self._capped = frozenset(place for place, _ in self._counters)

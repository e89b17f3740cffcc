# SPDX-License-Identifier: Apache-2.0
"""Named stretches of time: which one holds an instant, which begins next, which ended last."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple


class Interval(NamedTuple):
    """From `start` up to, not including, `end`; in seconds on whatever clock the caller uses throughout."""

    start: float
    end: float
    name: str


class Intervals:
    """A fixed set of intervals, which may overlap."""

    def __init__(self, intervals: Iterable[Interval] = ()) -> None:
        self._by_start = sorted(intervals)
        self._starts = [interval.start for interval in self._by_start]
        self._ends = sorted(interval.end for interval in self._by_start)
        self._longest = max((interval.end - interval.start for interval in self._by_start), default=0.0)

    def __len__(self) -> int:
        return len(self._by_start)

    def holding(self, instant: float) -> Interval | None:
        """The interval that holds the instant; of several, the one that began last."""
        for index in range(bisect_right(self._starts, instant) - 1, -1, -1):
            interval = self._by_start[index]
            if interval.end > instant:
                return interval
            if interval.start + self._longest <= instant:
                return None
        return None

    def next_start(self, instant: float) -> float | None:
        """When the next interval after the instant begins."""
        index = bisect_right(self._starts, instant)
        return self._starts[index] if index < len(self._starts) else None

    def last_end(self, instant: float) -> float | None:
        """When the last interval up to the instant ended: its first second outside counts."""
        index = bisect_right(self._ends, instant)
        return self._ends[index - 1] if index else None

    def between(self, start: float, end: float) -> list[Interval]:
        """Those that begin in a stretch of time."""
        return self._by_start[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

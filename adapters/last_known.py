# SPDX-License-Identifier: Apache-2.0
"""The last known value by key: who reads notes the demand, who refreshes asks what is due. Nobody waits."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

JITTER = 0.1  # of the interval, to either side
FIRST_RETRY_S = 10.0


@dataclass(slots=True)
class Entry(Generic[V]):
    """What is known under a key; `value` is None until it was fetched once. Times in seconds."""

    asked_at: float
    next_at: float
    value: V | None = None
    known_at: float = 0.0
    in_flight: bool = False
    failures: int = 0


class LastKnown(Generic[K, V]):
    """Bounded: when it is full, the key that nobody has asked for the longest makes room."""

    def __init__(self, *, interval_s: float, most: int, idle_s: float) -> None:
        """Args: interval_s: between fetches of a key; idle_s: not asked for that long, it is forgotten."""
        self._interval_s = interval_s
        self._most = most
        self._idle_s = idle_s
        self._entries: OrderedDict[K, Entry[V]] = OrderedDict()  # by when they were last asked for

    def __len__(self) -> int:
        return len(self._entries)

    def peek(self, key: K) -> Entry[V] | None:
        """What is known, without noting a demand."""
        return self._entries.get(key)

    def ask(self, key: K, *, now: float) -> Entry[V]:
        """What is known; the key will be fetched in the background, and kept fresh while it is asked for."""
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = Entry(asked_at=now, next_at=now)
            if len(self._entries) > self._most:
                self._entries.popitem(last=False)
        else:
            self._entries.move_to_end(key)
            entry.asked_at = now
        return entry

    def due(self, *, now: float, most: int) -> list[K]:
        """Keys to fetch now, the longest wait first; each is in flight from now until it is settled."""
        for key in [key for key, entry in self._entries.items() if now - entry.asked_at > self._idle_s]:
            del self._entries[key]
        ready = [(e.next_at, key) for key, e in self._entries.items() if not e.in_flight and e.next_at <= now]
        ready.sort(key=lambda pair: pair[0])
        keys = [key for _, key in ready[:most]]
        for key in keys:
            self._entries[key].in_flight = True
        return keys

    def store(self, key: K, value: V, *, now: float, fresh_s: float = 0.0) -> None:
        """Settle with a value; the next fetch is an interval away, or later if it stays fresh for longer."""
        if entry := self._entries.get(key):
            entry.value, entry.known_at, entry.failures, entry.in_flight = value, now, 0, False
            entry.next_at = now + max(self._interval_s, fresh_s) * self._spread(key, entry)

    def fail(self, key: K, *, now: float, retry_after_s: float | None = None) -> None:
        """Settle without a value: what was known stays, the next try waits longer after each failure."""
        if entry := self._entries.get(key):
            entry.failures += 1
            entry.in_flight = False
            wait_s = min(FIRST_RETRY_S * 2 ** min(entry.failures, 20), self._interval_s)
            entry.next_at = now + max(wait_s * self._spread(key, entry), retry_after_s or 0.0)

    def release(self, key: K) -> None:
        """Settle without having tried."""
        if entry := self._entries.get(key):
            entry.in_flight = False

    def _spread(self, key: K, entry: Entry[V]) -> float:
        # From the key, not from chance: cells that came at once drift apart and stay apart, on every machine.
        share = zlib.crc32(f"{key}{entry.failures}".encode()) / 2**32
        return 1 + JITTER * (2 * share - 1)

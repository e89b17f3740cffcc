# SPDX-License-Identifier: Apache-2.0
"""Signals that operators push: what they know to be in the air, under a name, for a while."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from adapters.topics import TopicIndex

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
MOST_SIGNALS = 64
MOST_TOPICS = 200
LONGEST_TOPIC = 100
LONGEST_S = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Signal:
    """Topics with weights from 0 to 1, until a time in seconds since 1970."""

    topics: Mapping[str, float]
    until: float


def checked(name: str, topics: object, *, ttl_s: object, now: float, live: Collection[str] = ()) -> Signal:
    """A signal as it may be put.

    Args:
        ttl_s: for how long it counts.
        live: names of those that count now.

    Raises: ValueError naming the field, the value and what is allowed.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"name: got {name[:80]!r}; allowed 1 to 64 of a-z, 0-9, _ and -")
    if name not in live and len(live) >= MOST_SIGNALS:
        raise ValueError(f"name: got a new one; allowed {MOST_SIGNALS} signals at a time")
    return Signal(_topics(topics), now + _seconds(ttl_s))


class Signals:
    """The signals that count now, by name; a new one under the same name replaces the old one."""

    def __init__(self, *, blocked: Collection[str]) -> None:
        self._blocked = blocked
        self._signals: dict[str, tuple[Signal, TopicIndex]] = {}

    def put(self, name: str, signal: Signal) -> None:
        """Take over a signal that `checked` has made."""
        self._signals[name] = signal, TopicIndex(signal.topics, blocked=self._blocked, until=signal.until)

    def drop(self, name: str) -> bool:
        """Forget a signal; whether it was there."""
        return self._signals.pop(name, None) is not None

    def expire(self, *, now: float) -> None:
        """Forget the signals whose time is over."""
        for name in [name for name, (signal, _) in self._signals.items() if signal.until <= now]:
            del self._signals[name]

    def live(self, *, now: float) -> Mapping[str, Signal]:
        """The signals that count at a time."""
        return {name: signal for name, (signal, _) in self._signals.items() if signal.until > now}

    def indexes(self) -> list[TopicIndex]:
        """The signals' topics, searchable."""
        return [index for _, index in self._signals.values()]


def _topics(topics: object) -> Mapping[str, float]:
    if not isinstance(topics, Mapping) or not 1 <= len(topics) <= MOST_TOPICS:
        raise ValueError(f"topics: got {_short(topics)}; allowed 1 to {MOST_TOPICS} names with weights")
    for name, weight in topics.items():
        if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_TOPIC or not name.isprintable():
            raise ValueError(f"topics: got {_short(name)}; allowed 1 to {LONGEST_TOPIC} printable characters")
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
            raise ValueError(f"topics.{name}: got {_short(weight)}; allowed 0 to 1")
    return {name: float(weight) for name, weight in topics.items()}


def _seconds(ttl_s: object) -> float:
    if isinstance(ttl_s, bool) or not isinstance(ttl_s, int | float) or not 1 <= ttl_s <= LONGEST_S:
        raise ValueError(f"ttl_s: got {_short(ttl_s)}; allowed 1 to {LONGEST_S:.0f}")
    return float(ttl_s)


def _short(value: object) -> str:
    return repr(value)[:60]

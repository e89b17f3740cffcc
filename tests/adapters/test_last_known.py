# SPDX-License-Identifier: Apache-2.0
"""The last known values: demand, flight, jitter and bounds."""

from __future__ import annotations

from adapters.last_known import JITTER, LastKnown


def filled(*keys: str, now: float = 0.0) -> LastKnown[str, int]:
    """A cache in which these keys were asked for, and known as 1, at a time."""
    cache: LastKnown[str, int] = LastKnown(interval_s=900, most=100, idle_s=5000)
    for key in keys:
        cache.ask(key, now=now)
    for key in cache.due(now=now, most=100):
        cache.store(key, 1, now=now)
    return cache


def test_a_key_is_due_once() -> None:
    """A key in flight is not due a second time; once settled, not before its interval."""
    cache: LastKnown[str, int] = LastKnown(interval_s=900, most=10, idle_s=5000)
    cache.ask("a", now=0)
    assert [cache.due(now=0, most=9), cache.due(now=0, most=9)] == [["a"], []]
    cache.store("a", 1, now=0)
    assert cache.due(now=900 * (1 - JITTER) - 1, most=9) == []
    assert cache.due(now=900 * (1 + JITTER), most=9) == ["a"]


def test_keys_that_came_together_drift_apart() -> None:
    """The next fetches of a hundred keys spread over the jitter instead of falling on one moment."""
    cache = filled(*(f"k{number}" for number in range(100)))
    due = [cache.due(now=now, most=100) for now in range(810, 991)]
    assert sum(len(keys) for keys in due) == 100
    assert max(len(keys) for keys in due) <= 5


def test_the_longest_wait_is_served_first() -> None:
    """With less room than keys, those that wait the longest come first, the others next time."""
    cache: LastKnown[str, int] = LastKnown(interval_s=900, most=10, idle_s=5000)
    for number, key in enumerate("abc"):
        cache.ask(key, now=number)
    assert [cache.due(now=5, most=2), cache.due(now=5, most=2)] == [["a", "b"], ["c"]]


def test_failures_keep_the_value_and_wait_longer() -> None:
    """A failure leaves the value; each further one waits longer, no longer than the interval allows."""
    cache, now, waits = filled("a"), 1000.0, []
    for _ in range(10):
        assert cache.due(now=now, most=1) == ["a"]
        cache.fail("a", now=now)
        start = now
        while cache.ask("a", now=now).next_at > now:
            now += 1
        waits.append(now - start)
    assert waits[:3] == sorted(waits[:3])
    assert max(waits) <= 900 * (1 + JITTER) + 1
    assert cache.ask("a", now=now).value == 1


def test_retry_after_is_kept() -> None:
    """A pause that the server asked for is not shortened by jitter."""
    cache = filled("a")
    cache.due(now=1000, most=1)
    cache.fail("a", now=1000, retry_after_s=700)
    assert (cache.due(now=1699, most=1), cache.due(now=1700, most=1)) == ([], ["a"])


def test_full_and_idle() -> None:
    """Over the bound the key that was asked for the longest ago goes; idle keys go at the next refresh."""
    cache: LastKnown[str, int] = LastKnown(interval_s=900, most=2, idle_s=5000)
    for number, key in enumerate("abc"):
        cache.ask(key, now=number)
    assert [cache.peek(key) is not None for key in "abc"] == [False, True, True]
    cache.due(now=6000, most=9)
    assert len(cache) == 0


def test_a_value_for_a_forgotten_key_is_dropped() -> None:
    """What arrives for a key that has made room meanwhile brings nothing back."""
    cache: LastKnown[str, int] = LastKnown(interval_s=900, most=1, idle_s=5000)
    cache.ask("a", now=0)
    cache.due(now=0, most=1)
    cache.ask("b", now=1)
    cache.store("a", 1, now=2)
    assert cache.peek("a") is None

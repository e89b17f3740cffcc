# SPDX-License-Identifier: Apache-2.0
"""The circuit breaker: closed, open, half open, and back."""

from __future__ import annotations

import pytest

from adapters.breaker import Breaker


def opened(*, failures: int = 3) -> Breaker:
    """A breaker that has just opened, at time 0."""
    breaker = Breaker(failures=failures, rest_s=30, longest_s=100)
    for _ in range(failures):
        assert breaker.allows(now=0)
        breaker.failed(now=0)
    return breaker


def test_opens_after_failures_in_a_row() -> None:
    """Two failures, a success and two more do not open it; a third in a row does."""
    breaker = Breaker(failures=3, rest_s=30)
    for good in (False, False, True, False, False):
        assert breaker.allows(now=0)
        breaker.succeeded() if good else breaker.failed(now=0)
    assert breaker.state(now=0) == "closed"
    breaker.failed(now=0)
    assert (breaker.state(now=0), breaker.allows(now=29)) == ("open", False)


def test_one_tries_when_half_open() -> None:
    """After the rest a single request may try; its success lets all through."""
    breaker = opened()
    assert breaker.state(now=30) == "half_open"
    assert [breaker.allows(now=30) for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert [breaker.allows(now=30) for _ in range(3)] == [True, True, True]


def test_rests_grow_up_to_the_longest() -> None:
    """Each failed try doubles the rest, no further than the longest."""
    breaker, now, rests = opened(), 0.0, []
    for _ in range(4):
        start = now
        while not breaker.allows(now=now):
            now += 10
        rests.append(now - start)
        breaker.failed(now=now)
    assert rests == [30, 60, 100, 100]


def test_a_try_that_is_never_heard_of_is_repeated() -> None:
    """A try that was cut off does not keep it open for ever."""
    breaker = opened()
    assert breaker.allows(now=30)
    assert breaker.allows(now=100)


def test_late_failures_add_nothing() -> None:
    """Requests that were under way when it opened do not lengthen the rest."""
    breaker = opened()
    breaker.failed(now=5)
    assert breaker.state(now=30) == "half_open"


@pytest.mark.parametrize("after", [500, 10_000])
def test_a_server_gets_the_pause_that_it_asks_for(after: float) -> None:
    """Retry-After counts from the first failure on, and beyond the longest rest."""
    breaker = Breaker(failures=3, rest_s=30, longest_s=100)
    breaker.failed(now=0, retry_after_s=after)
    assert [breaker.allows(now=now) for now in (after - 1, after)] == [False, True]

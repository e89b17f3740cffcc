# SPDX-License-Identifier: Apache-2.0
"""Whoever does the work, results come in order and few are under way at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bandit.errors import Invalid
from simulator.partitioning.crew import ALONE, Crew
from simulator.partitioning.executors import crew_of


class Lazy(Executor):
    """Does the first few things at once and never begins with the others."""

    def __init__(self, *, at_once: int = 0) -> None:
        self.at_once = at_once
        self.waiting: list[Future[Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it or leave it."""
        future: Future[Any] = Future()
        if self.at_once:
            self.at_once -= 1
            future.set_result(fn(*args, **kwargs))
        else:
            self.waiting.append(future)
        return future


def square(number: int) -> int:
    """Refuses 13."""
    if number == 13:
        raise Invalid(f"number: got {number}")
    return number * number


@pytest.fixture(params=["alone", "threads", "helping"])
def crew(request: pytest.FixtureRequest) -> Iterator[Crew]:
    """This process alone, threads, and threads with this one helping."""
    if request.param == "alone":
        yield ALONE
        return
    with ThreadPoolExecutor(2) as executor:
        yield Crew(executor, ahead=4, hands=2 if request.param == "helping" else None)


def test_results_come_in_order(crew: Crew) -> None:
    """Each item comes with its own result, first things first."""
    assert list(crew.map(square, range(12))) == [(i, i * i) for i in range(12)]
    assert crew.run(square, 5) == 25


def test_an_error_comes_in_its_place(crew: Crew) -> None:
    """What was done before the item that fails is handed over; then its error is raised."""
    found = crew.map(square, range(10, 20))
    assert [next(found)[1] for _ in range(3)] == [100, 121, 144]
    with pytest.raises(Invalid, match="number: got 13"):
        next(found)


def test_nothing_to_do(crew: Crew) -> None:
    """No items, no results."""
    assert list(crew.map(square, [])) == []


def test_only_so_many_are_under_way() -> None:
    """Items are taken no further ahead than the crew says, so that results do not pile up."""
    taken = []

    def items() -> Iterator[int]:
        for i in range(20):
            taken.append(i)
            yield i

    with ThreadPoolExecutor(1) as executor:
        found = Crew(executor, ahead=3).map(abs, items())
        next(found)
        next(found)
        assert len(taken) <= 5
        assert len(list(found)) == 18


def test_whoever_waits_helps() -> None:
    """Where nobody begins, the one who waits does all of the work, in its own thread."""
    done_by = []

    def work(number: int) -> int:
        done_by.append(threading.current_thread())
        return number

    assert [one for _, one in Crew(Lazy(), ahead=3, hands=1).map(work, range(5))] == list(range(5))
    assert set(done_by) == {threading.current_thread()}


def test_work_is_shared_out_evenly() -> None:
    """Others get no more at once than they have hands; the rest stays with the one who waits."""
    executor = Lazy()
    found = Crew(executor, ahead=9, hands=2).map(square, range(9))
    assert next(found) == (0, 0)
    assert len(executor.waiting) == 2
    found.close()


def test_results_are_left_in_a_folder_and_taken_once(tmp_path: Path) -> None:
    """What another process makes comes as a file, which is gone when it was read."""
    with ThreadPoolExecutor(1) as executor:
        crew = Crew(executor, ahead=2, folder=tmp_path)
        found = crew.map(square, range(3))
        assert next(found) == (0, 0)
        assert crew.run(square, 7) == 49
        assert [one for _, one in found] == [1, 4]
    assert not list(tmp_path.iterdir())


def test_what_is_not_asked_for_any_more_is_called_off() -> None:
    """Whoever stops asking leaves nothing under way."""
    executor = Lazy(at_once=1)
    found = Crew(executor, ahead=4).map(square, range(9))
    assert next(found) == (0, 0)
    found.close()
    assert len(executor.waiting) == 3
    assert all(future.cancelled() for future in executor.waiting)


def test_both_kinds_of_crews_at_once_are_refused() -> None:
    """Either processes here or a cluster."""
    with pytest.raises(Invalid, match="dask: got an address and --workers"), crew_of(workers=2, dask="x:1"):
        pass

# SPDX-License-Identifier: Apache-2.0
"""Who does the work on pieces: this process alone, several on this machine, or a cluster.

Whoever it is, results come in the order of the items, so that what is made of them has the same bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Crew:
    """A standard executor, and how to keep it busy.

    Args:
        executor: does the work; None does it in this process.
        ahead: how many items may be under way or done but not yet asked for: what bounds memory.
        helping: whether this process works too while it waits.
    """

    executor: Executor | None = None
    ahead: int = 1
    helping: bool = False

    def map(
        self, work: Callable[[Item], Result], items: Iterable[Item]
    ) -> Generator[tuple[Item, Result], None, None]:
        """Each item with its result, in order; an exception of the work is raised in its place."""
        if self.executor is None:
            for item in items:
                yield item, work(item)
            return
        todo = iter(items)
        submit = self.executor.submit
        under_way: deque[Order[Item, Result]] = deque()
        try:
            under_way.extend(Order(item, submit(work, item)) for item in islice(todo, self.ahead))
            while under_way:
                if self.helping:
                    _help(work, under_way)
                first = under_way.popleft()
                yield first.item, first.future.result()
                under_way.extend(Order(item, submit(work, item)) for item in islice(todo, 1))
        finally:
            for order in under_way:
                order.future.cancel()

    def run(self, work: Callable[[Item], Result], item: Item) -> Result:
        """The result for one item."""
        return work(item) if self.executor is None else self.executor.submit(work, item).result()


ALONE = Crew()


@dataclass(slots=True)
class Order(Generic[Item, Result]):
    """An item that was handed out, and its result to be."""

    item: Item
    future: Future[Result]


def _help(work: Callable[[Item], Result], under_way: deque[Order[Item, Result]]) -> None:
    """Do here what nobody has begun, until the first one is done or nothing is left to take."""
    for order in under_way:
        if under_way[0].future.done():
            return
        if order.future.cancel():
            order.future = Future()
            try:
                order.future.set_result(work(order.item))
            except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
                order.future.set_exception(error)

# SPDX-License-Identifier: Apache-2.0
"""Who does the work on pieces: this process alone, several on this machine, or a cluster.

Whoever it is, results come in the order of the items, so that what is made of them has the same bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from simulator.partitioning.posting import Posted, Posting

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Crew:
    """A standard executor, and how to keep it busy.

    Args:
        executor: does the work; None does it in this process.
        ahead: how many items may be under way or done but not yet asked for: what bounds memory.
        hands: how many items the executor gets at once, where this process works too; None where it does not.
        folder: where the executor's processes leave results; None where it brings them by itself.
    """

    executor: Executor | None = None
    ahead: int = 1
    hands: int | None = None
    folder: Path | None = None

    def map(
        self, work: Callable[[Item], Result], items: Iterable[Item]
    ) -> Generator[tuple[Item, Result], None, None]:
        """Each item with its result, in order; an exception of the work is raised in its place."""
        if self.executor is None:
            for item in items:
                yield item, work(item)
            return
        todo = iter(items)
        under_way: deque[Order[Item, Result]] = deque()
        try:
            under_way.extend(Order(item) for item in islice(todo, self.ahead))
            while under_way:
                while mine := self._share_out(work, under_way):
                    mine.do(work)
                first = under_way.popleft()
                yield first.item, first.result()
                under_way.extend(Order(item) for item in islice(todo, 1))
        finally:
            for order in under_way:
                order.future.cancel()

    def run(self, work: Callable[[Item], Result], item: Item) -> Result:
        """The result for one item."""
        if self.executor is None:
            return work(item)
        order: Order[Item, Result] = Order(item)
        order.future = self._submit(work, item)
        return order.result()

    def _share_out(
        self, work: Callable[[Item], Result], under_way: Sequence[Order[Item, Result]]
    ) -> Order[Item, Result] | None:
        """Hand out what nobody has begun; return what to do here, if there is to wait for the first one.

        Where nothing is left it is something that was handed out in vain so far.
        """
        waiting = [order for order in under_way if not order.begun]
        free, mine = len(waiting), None
        if self.hands is not None:
            free = self.hands - sum(order.begun and not order.done for order in under_way)
            if waiting:
                # Kept for here also when the first one is done: that will be passed on in no time.
                mine = waiting.pop(0)
            elif not under_way[0].done:
                mine = next((one for one in under_way if one.taken_back()), None)
        for order in waiting[: max(free, 0)]:
            order.begun, order.future = True, self._submit(work, order.item)
        return None if under_way[0].done else mine

    def _submit(self, work: Callable[[Item], Result], item: Item) -> Future[Any]:
        assert self.executor is not None  # noqa: S101 - asked by those who have one
        return self.executor.submit(work if self.folder is None else Posting(work, self.folder), item)


ALONE = Crew()


@dataclass(slots=True)
class Order(Generic[Item, Result]):
    """An item to be worked on, and its result to be."""

    item: Item
    begun: bool = False
    future: Future[Any] = field(default_factory=Future)

    @property
    def done(self) -> bool:
        """Whether there is a result."""
        return self.future.done()

    def taken_back(self) -> bool:
        """Whether it was still in time to stop whoever has it from beginning."""
        if not self.future.cancel():
            return False
        self.future = Future()
        return True

    def do(self, work: Callable[[Item], Result]) -> None:
        """Do it here."""
        self.begun = True
        try:
            self.future.set_result(work(self.item))
        except Exception as error:  # noqa: BLE001 - raised where the result is asked for
            self.future.set_exception(error)

    def result(self) -> Result:
        """Wait for it; can be asked once."""
        found = self.future.result()
        return cast("Result", found.taken() if isinstance(found, Posted) else found)

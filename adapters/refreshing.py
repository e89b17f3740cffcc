# SPDX-License-Identifier: Apache-2.0
"""Keeps adapters fresh in the background, each in a task of its own, so that none waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from adapters.protocol import Adapter

OnError = Callable[[Adapter, Exception], None]
OnProblem = Callable[[Adapter], None]


async def keep_fresh(
    adapters: Callable[[], Iterable[Adapter]],
    *,
    every_s: float = 1.0,
    on_error: OnError,
    on_problem: OnProblem | None = None,
) -> None:
    """Refresh all adapters again and again until cancelled.

    Args:
        adapters: asked again and again, so that those of a new placement join.
        every_s: pause between two refreshes of an adapter; one with nothing to do takes microseconds.
        on_error: told of whatever an adapter raises; the adapter is refreshed again after the pause.
        on_problem: told when a refresh has changed an adapter's problem, or ended it.
    """
    known: list[Adapter] = []
    async with asyncio.TaskGroup() as group:
        while True:
            for adapter in adapters():
                if not any(adapter is each for each in known):
                    known.append(adapter)
                    group.create_task(_keep_one_fresh(adapter, every_s, on_error, on_problem))
            await asyncio.sleep(every_s)


async def _keep_one_fresh(
    adapter: Adapter, every_s: float, on_error: OnError, on_problem: OnProblem | None
) -> None:
    while True:
        problem = adapter.problem
        try:
            await adapter.refresh()
        except Exception as error:  # noqa: BLE001 (reported; a source that fails must not end the others)
            on_error(adapter, error)
        if on_problem is not None and adapter.problem != problem:
            on_problem(adapter)
        await asyncio.sleep(every_s)

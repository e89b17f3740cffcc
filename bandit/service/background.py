# SPDX-License-Identifier: Apache-2.0
"""What runs beside the requests, again and again, until the service stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

logger = structlog.get_logger(__name__)


class Background:
    """Tasks that repeat; one that fails is logged and tried again in its turn."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def repeat(self, call: Callable[[], Awaitable[object]], *, name: str, every_s: float) -> None:
        """Call and await `call` now, and anew `every_s` seconds after it has ended."""
        task = asyncio.get_running_loop().create_task(_repeat(call, name, every_s), name=name)
        self._tasks.append(task)

    async def stop(self) -> None:
        """Stop all of them; a second call does nothing."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(call: Callable[[], Awaitable[object]], name: str, every_s: float) -> None:
    while True:
        try:
            await call()
        except Exception:
            logger.exception("background_failed", task=name)
        await asyncio.sleep(every_s)

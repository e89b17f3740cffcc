# SPDX-License-Identifier: Apache-2.0
"""The processes that the demo starts, and stops whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bandit.errors import SlotwiseError

_STOP_S = 15.0
_LONGEST_LINE = 1 << 20


class Child:
    """A running Python module whose lines of stdout are handed to a function as they come."""

    def __init__(self, name: str, process: Process, on_line: Callable[[str], None]) -> None:
        self.name = name
        self.complaint = ""
        self._process = process
        self._on_line = on_line
        self.end = asyncio.get_running_loop().create_task(self._ended())

    async def _read_stdout(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - started with a pipe
        while line := await self._process.stdout.readline():
            self._on_line(line.decode().rstrip())

    async def _read_stderr(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - started with a pipe
        while line := await self._process.stderr.readline():
            self.complaint = line.decode(errors="replace").strip() or self.complaint

    async def _ended(self) -> int:
        """Its exit status, once all that it wrote has been read."""
        await asyncio.gather(self._read_stdout(), self._read_stderr())
        return await self._process.wait()

    def check(self) -> None:
        """Raise SlotwiseError if it has ended although nobody asked it to."""
        if self.end.done():
            reason = self.complaint.removeprefix("slotwise: ")
            raise SlotwiseError(reason or f"{self.name}: ended with status {self.end.result()}")

    async def stop(self) -> None:
        """Ask it to stop, and wait until it has; one that does not is killed."""
        if not self.end.done():
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
        try:
            async with asyncio.timeout(_STOP_S):
                await asyncio.shield(self.end)
        except TimeoutError:
            self._process.kill()
            await self.end
            raise SlotwiseError(f"{self.name}: did not stop within {_STOP_S:g} s and was killed") from None


@asynccontextmanager
async def running(module: str, *arguments: str, on_line: Callable[[str], None]) -> AsyncIterator[Child]:
    """Run a module in the same Python; it has stopped when the block is left.

    Its stdin is a pipe that ends with this process, so that a child may follow it even if it is killed.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        # Never a package that happens to lie in the working directory.
        *("-P", "-m", module, *arguments),
        stdin=PIPE if module.startswith("simulator.") else DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        limit=_LONGEST_LINE,
        env=_environment(),
        # Ctrl-C is for the demo, which then stops its children in their order.
        process_group=0,
    )
    child = Child(module, process, on_line)
    try:
        yield child
    finally:
        await child.stop()


async def wait(news: Sequence[asyncio.Future[bool]], *children: Child, within_s: float | None = None) -> None:
    """Wait for some news, the timeout, or the end of a child.

    Raises:
        SlotwiseError: a child has ended by itself; says what it complained about last.
    """
    waited: list[asyncio.Future[Any]] = [*news, *(child.end for child in children)]
    await asyncio.wait(waited, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    for child in children:
        child.check()


def _environment() -> dict[str, str]:
    """This process's, without the settings of somebody's real server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SLOTWISE_")}
    return {**kept, "PYTHONUNBUFFERED": "1"}

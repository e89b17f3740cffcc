# SPDX-License-Identifier: Apache-2.0
"""Processes to be killed: each appends without end and prints each position once it was acknowledged.

They are forked from one that has imported everything. Usage: appender.py DIRECTORY
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from bandit.core.events import AnyEvent, KeyRevoked
from bandit.log.base import Lookups, Snapshot
from bandit.log.sqlite import SqliteLog

CALLERS = 8


async def append(log: SqliteLog, name: str, caller: int) -> None:
    """Append events of all sizes, one after the other."""
    number = 0
    while True:
        ids = [f"{name}-{caller}-{number}-{part}" for part in range(number % 3 + 1)]

        def propose(_: Lookups, ids: list[str] = ids, by: str = "x" * (number * 37 % 3000)) -> list[AnyEvent]:
            return [KeyRevoked(at=0.0, by=by, id=one) for one in ids]

        for record, one in zip(await log.append(propose), ids, strict=True):
            os.write(1, f"{record.position} {one}\n".encode())
        number += 1
        if number % 50 == 0:
            await log.save(Snapshot(log.head, b"state" * 1000))


async def run(directory: Path, name: str) -> None:
    """Open the log and append with several callers until the process is killed."""
    log = SqliteLog.open(directory, committed=lambda _: None)
    await asyncio.gather(*(append(log, name, caller) for caller in range(CALLERS)))


def main(directory: Path) -> None:
    """For each name that is read, fork a process that appends; print its number, "end" once it is dead."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(run(directory, line.strip()))
        os.write(1, f"{child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"end\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

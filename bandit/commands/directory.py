# SPDX-License-Identifier: Apache-2.0
"""Opening a data directory with the whole service over it, for the server and for commands without one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.sources import Sources
from bandit.commands.secret import COMMAND_LINE, acquaint, secret_of
from bandit.core.catalogue import Catalogue
from bandit.errors import NotFound
from bandit.log.base import Record
from bandit.log.memory import MemoryLog
from bandit.log.sqlite import SqliteLog
from bandit.service import Service
from bandit.service.identity import SECRET_BYTES, Identity
from bandit.service.live import data_files
from bandit.settings import ContextSettings, Settings


@asynccontextmanager
async def opened(
    settings: Settings, *, sources: Sources | None = None, new_secret: bool = False
) -> AsyncIterator[Service]:
    """The service over a data directory, which is made if it is not there and is this process's alone.

    Args:
        sources: of context, where they have been made of the settings already.
        new_secret: go on with another secret than the one that the log was written with.

    Raises:
        Conflict: another process uses the directory, or its secret is not the one of its log.
        Invalid, Damaged: it cannot be used; see SqliteLog.open.
    """
    listeners: list[Callable[[Sequence[Record]], None]] = []

    def committed(records: Sequence[Record]) -> None:
        for listener in listeners:
            listener(records)

    def hand_over(listener: Callable[[Sequence[Record]], None]) -> SqliteLog:
        listeners.append(listener)
        return log

    # The log first: the secret may be made only by the process that holds the directory's lock.
    log = SqliteLog.open(settings.data_dir, committed=committed)
    try:
        names = secret_of(settings.data_dir, head=log.head, new=new_secret)
        service = Service(settings, open_store=hand_over, names=names, sources=sources)
        await acquaint(service, names, data_dir=settings.data_dir, new=new_secret)
    except BaseException:
        await log.close()
        raise
    try:
        yield service
    finally:
        await service.close()


@asynccontextmanager
async def in_memory(catalogue: Catalogue, *, context: ContextSettings) -> AsyncIterator[Service]:
    """A service over a catalogue alone, which nothing is kept of."""
    settings = Settings(data_dir=Path(os.devnull), context=context)
    names = Identity(bytes(SECRET_BYTES))
    service = Service(settings, open_store=lambda committed: MemoryLog(committed=committed), names=names)
    try:
        await service.changes.apply(catalogue, by=COMMAND_LINE)
        yield service
    finally:
        await service.close()


def has_log(data_dir: Path) -> bool:
    """Whether there is a log in a data directory."""
    return data_files(data_dir)[0].is_file()


def require_log(data_dir: Path) -> Path:
    """The path of a data directory's log, for commands that must not make one where there is none.

    Raises:
        NotFound: there is no log; most likely the directory is mistyped.
    """
    if not has_log(data_dir):
        raise NotFound(
            f"data directory: got {data_dir}, which holds no log; allowed one that a server has used",
            code="log_not_found",
        )
    return data_files(data_dir)[0]

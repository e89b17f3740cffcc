# SPDX-License-Identifier: Apache-2.0
"""Moving the write-ahead log into the database beside the writer, so that no commit waits for it.

SQLite by itself does this within the commit that makes the write-ahead log too long, and everyone whose
decision is in that commit waits for it. Here a second connection copies the pages while commits go on; the
few pages that came meanwhile are left to the writer, whose next transaction can then start the log over.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from time import monotonic

import structlog

from bandit.errors import SlotwiseError
from bandit.log.schema import writable

# Small portions: a commit that is synced meanwhile waits for the disk to write the portion. But to sync the
# database has its price as well, so not too often when much is written.
EVERY_BYTES = 128 * 2**10
EVERY_S = 0.1

_NICER = 10

_report = structlog.get_logger(__name__)


class Backfill:
    """Used by the writer's thread, which tells it what each commit wrote.

    Args:
        path: the database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0
        self._last = monotonic()
        self._threads = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="slotwise-backfill", initializer=_give_way
        )
        self._running: Future[None] | None = None

    def written(self, size: int, connection: sqlite3.Connection) -> None:
        """Note a commit of `size` bytes of records; start what is due, or finish it on `connection`."""
        self._written += size
        if self._running is None:
            if self._written >= EVERY_BYTES and (now := monotonic()) >= self._last + EVERY_S:
                self._written, self._last = 0, now
                self._running = self._threads.submit(self._copy)
        elif self._running.done():
            self._running = None
            try_to_settle(connection)

    def wait(self) -> None:
        """Return once nothing is under way."""
        running, self._running = self._running, None
        if running is not None:
            running.result()

    def close(self) -> None:
        """Finish what is under way; nothing is copied any more."""
        self._threads.shutdown()

    def _copy(self) -> None:
        try:
            with closing(writable(self._path)) as connection:
                try_to_settle(connection)
        except (sqlite3.Error, SlotwiseError) as error:
            _report.warning("database not opened to move the write-ahead log into it", error=str(error))


def _give_way() -> None:
    """Leave the core to whoever decides or commits, where a priority can be had for a single thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) + _NICER)


def settle(connection: sqlite3.Connection) -> None:
    """Write what the write-ahead log holds into the database again, and sync it.

    After a failed sync, pages that read well may never have reached the disk; written anew, they do. The
    next transaction then starts the write-ahead log over, and nothing of a refused group is left in it.
    """
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def try_to_settle(connection: sqlite3.Connection) -> None:
    """The same; when the disk does not let it, the program's log says so, and nothing is lost."""
    try:
        settle(connection)
    except sqlite3.Error as error:
        _report.warning("write-ahead log not moved into the database", error=str(error))

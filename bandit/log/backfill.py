# SPDX-License-Identifier: Apache-2.0
"""Moving the write-ahead log into the database beside the writer, so that no commit waits for it.

SQLite by itself does this within the commit that makes the write-ahead log too long, and everyone whose
decision is in that commit waits for it. Here a second connection copies the pages while commits go on; the
few pages that came meanwhile are left to the writer, whose next transaction can then start the log over.
"""

from __future__ import annotations

import sqlite3
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import structlog

from bandit.errors import SlotwiseError
from bandit.log.schema import writable

EVERY_BYTES = 2 * 2**20
"""Of records: so much makes the write-ahead log about as long as SQLite itself would let it become."""

_report = structlog.get_logger(__name__)


class Backfill:
    """Used by the writer's thread, which tells it what each commit wrote.

    Args:
        path: the database file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="slotwise-backfill")
        self._running: Future[None] | None = None

    def written(self, size: int, connection: sqlite3.Connection) -> None:
        """Note a commit of `size` bytes of records; start what is due, or finish it on `connection`."""
        self._written += size
        if self._running is None:
            if self._written >= EVERY_BYTES:
                self._written = 0
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

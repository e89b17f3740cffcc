# SPDX-License-Identifier: Apache-2.0
"""What happens before a SQLite log is used: its directory, its lock, the checks and repairs of its files."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import structlog

from bandit.errors import Damaged, Invalid
from bandit.log.datafile import DataFile
from bandit.log.faults import translated
from bandit.log.lock import FILE as LOCK
from bandit.log.lock import DirectoryLock
from bandit.log.modes import make_folder, tighten
from bandit.log.reader import Reader
from bandit.log.salvage import created, finish, salvage, sync
from bandit.log.schema import FILE, readable
from bandit.log.tail import Tail
from bandit.log.wal import scan

# Of a data directory, which may be a folder with other files too.
_OURS = (f"{FILE}*", LOCK, "secret", "secret.new")

_report = structlog.get_logger(__name__)


def opened(directory: Path) -> tuple[DirectoryLock, Tail, Reader]:
    """Lock a data directory and open both ends of its log."""
    _prepare(directory)
    with translated():
        lock = DirectoryLock(directory)
        try:
            mend(directory)
            tail = Tail(directory / FILE)
            return lock, tail, Reader(directory / FILE)
        except BaseException:
            lock.release()
            raise


def mend(directory: Path) -> None:
    """Bring the files into a state in which SQLite reads all that can be read; make them if there are none.

    Raises:
        Damaged: records before the last transaction cannot be read.
    """
    finish(directory)
    path, wal_path = directory / FILE, directory / f"{FILE}-wal"
    wal = scan(wal_path)
    if wal.damaged:
        position = newest_readable(path) + 1
        raise Damaged(
            f"record {position}: got bad bytes in the write-ahead log before its end; allowed none",
            position=position,
        )
    if wal.cut:
        _report.warning("last transaction is not whole, dropped; after a crash nobody had an answer for it")
    if not path.exists() and not wal.pages:
        created(directory).replace(path)
        sync(directory)
        return
    with DataFile(path, wal_path=wal_path, wal=wal) as file:
        if file.cut_short():
            salvage(directory, file=file)


def newest_readable(path: Path) -> int:
    """The last position that SQLite finds, with what it takes from the write-ahead log; changes no file."""
    try:
        with closing(readable(path)) as connection:
            return int(connection.execute("SELECT coalesce(max(position), 0) FROM log").fetchone()[0])
    except sqlite3.Error:
        return 0


def _prepare(directory: Path) -> None:
    try:
        make_folder(directory)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Invalid(
            f"data directory: got {directory} ({reason}); allowed a directory that can be written"
        ) from error
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise Invalid(
            f"data directory: got {directory}, not writable; allowed a directory that can be written"
        )
    tighten(directory, *_OURS)

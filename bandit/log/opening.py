# SPDX-License-Identifier: Apache-2.0
"""What happens before a SQLite log is used: its directory, its lock, the checks of its files."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from bandit.errors import Invalid
from bandit.log.faults import translate
from bandit.log.lock import DirectoryLock
from bandit.log.reader import Reader
from bandit.log.schema import FILE
from bandit.log.tail import Tail


def opened(directory: Path) -> tuple[DirectoryLock, Tail, Reader]:
    """Lock a data directory and open both ends of its log."""
    _prepare(directory)
    lock = DirectoryLock(directory)
    try:
        path = directory / FILE
        try:
            tail = Tail(path)
            return lock, tail, Reader(path)
        except (sqlite3.Error, OSError) as error:
            raise translate(error) from error
    except BaseException:
        lock.release()
        raise


def _prepare(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Invalid(
            f"data directory: got {directory} ({reason}); allowed a directory that can be written"
        ) from error
    if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
        raise Invalid(
            f"data directory: got {directory}, not writable; allowed a directory that can be written"
        )

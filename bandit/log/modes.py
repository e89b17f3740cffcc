# SPDX-License-Identifier: Apache-2.0
"""Files of a data directory are for their owner alone, whatever the umask and whatever made them.

SQLite gives its write-ahead log and its index of it the mode of the database.
"""

from __future__ import annotations

import os
from pathlib import Path

import structlog

FILE_MODE, FOLDER_MODE = 0o600, 0o700

_report = structlog.get_logger(__name__)


def make_folder(path: Path) -> None:
    """Make a folder that only its owner can enter; one that is there already keeps the mode that it has."""
    if not path.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(FOLDER_MODE)


def make_file(path: Path) -> int:
    """Make a file that is not there yet, for its owner alone; returns its descriptor, for writing."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    # A umask may have taken rights from the owner too.
    os.fchmod(descriptor, FILE_MODE)
    return descriptor


def tighten(directory: Path, *patterns: str) -> None:
    """Take the rights of others from the files of a data directory that match a pattern.

    The mode is changed by name: closing a file that SQLite has open would end its locks.
    """
    for pattern in patterns:
        for path in directory.glob(pattern):
            try:
                if path.is_file() and path.stat().st_mode & 0o077:
                    path.chmod(FILE_MODE)
            except OSError as error:
                # Not a reason to stay down: the owner of the file can put it right while we serve.
                _report.warning("file readable by others", file=str(path), error=error.strerror)

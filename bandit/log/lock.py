# SPDX-License-Identifier: Apache-2.0
"""One process a data directory."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from bandit.errors import Conflict
from bandit.log.modes import make_file

FILE = "lock"


class DirectoryLock:
    """Holds a data directory for this process until it is released or the process ends.

    Raises:
        Conflict: another process, or another log of this one, holds it.
    """

    def __init__(self, directory: Path) -> None:
        with suppress(FileExistsError):
            os.close(make_file(directory / FILE))
        self._file = os.open(directory / FILE, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise Conflict(
                f"data directory: got {directory}, in use by process {holder}; allowed one that is free",
                code="directory_in_use",
            ) from None
        try:
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, str(os.getpid()).encode(), 0)
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        """Let others have the directory; a second call does nothing."""
        # The file stays: unlinking it would let two processes lock two files of one name.
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

# SPDX-License-Identifier: Apache-2.0
"""The database as pages: its main file, and over it what the write-ahead log holds."""

from __future__ import annotations

from pathlib import Path

from bandit.errors import Damaged, Invalid
from bandit.log.schema import APPLICATION, PAGE_BYTES
from bandit.log.wal import Wal

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_PAGE_SIZE, _PAGES, _APPLICATION = slice(16, 18), slice(28, 32), slice(68, 72)


class DataFile:
    """Reads pages by number.

    Args:
        path: the main file, which may be missing or cut short.
        wal_path: the write-ahead log; wal: what a scan of it found.
    """

    def __init__(self, path: Path, *, wal_path: Path, wal: Wal) -> None:
        self._path = path
        self._wal = wal
        self._main = path.open("rb") if path.exists() else None
        self._log = wal_path.open("rb") if wal.pages else None

    def __enter__(self) -> DataFile:
        return self

    def __exit__(self, *_: object) -> None:
        for file in (self._main, self._log):
            if file is not None:
                file.close()

    @property
    def last(self) -> int:
        """Number of the last page that may be there."""
        size = self._path.stat().st_size if self._main else 0
        return max([size // PAGE_BYTES, *self._wal.pages])

    def page(self, number: int) -> bytes | None:
        """The newest committed content of a page, None if it is lost."""
        at = self._wal.pages.get(number)
        if at is not None and self._log is not None:
            self._log.seek(at)
            return self._log.read(PAGE_BYTES)
        if self._main is None:
            return None
        self._main.seek((number - 1) * PAGE_BYTES)
        content = self._main.read(PAGE_BYTES)
        return content if len(content) == PAGE_BYTES else None

    def cut_short(self) -> bool:
        """Whether pages that the database counts are in neither file.

        Raises:
            Damaged: the main file is no database at all.
            Invalid: another program made it.
        """
        self._refuse_strangers()
        first = self.page(1)
        present = self._path.stat().st_size // PAGE_BYTES if self._main else 0
        # SQLite would take a main file without pages for a new database, and delete the write-ahead log.
        if first is None or not present:
            return True
        expected = self._wal.size or int.from_bytes(first[_PAGES], "big")
        return any(number not in self._wal.pages for number in range(present + 1, expected + 1))

    def _refuse_strangers(self) -> None:
        if self._main is None:
            return
        self._main.seek(0)
        start = self._main.read(_HEADER_BYTES)
        if start[: len(_MAGIC)] != _MAGIC[: len(start)]:
            raise Damaged(f"database: got {self._path}, not a SQLite file; allowed one that slotwise made")
        made_by = (int.from_bytes(start[_PAGE_SIZE], "big"), int.from_bytes(start[_APPLICATION], "big"))
        if len(start) == _HEADER_BYTES and made_by != (PAGE_BYTES, APPLICATION):
            raise Invalid(f"database: got {self._path}, made by another program; allowed one of slotwise")

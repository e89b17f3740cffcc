# SPDX-License-Identifier: Apache-2.0
"""Reading a data directory's log without changing it, also while a server is using it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bandit.commands.directory import require_log
from bandit.errors import Conflict, Damaged
from bandit.log.base import Record
from bandit.log.faults import translated
from bandit.log.lock import DirectoryLock
from bandit.log.reader import Reader
from bandit.log.schema import check, readable
from bandit.log.wal import scan


@dataclass(frozen=True, slots=True)
class LogView:
    """A log as it was when it was opened: what a server appends later is not seen."""

    head: int
    _reader: Reader

    def read(self, after: int, *, limit: int) -> list[Record]:
        """The records that follow position `after`, at most `limit`; raises Damaged at the first bad one."""
        return self._reader.read(after, limit=limit, head=self.head)

    def history(self, decision: str) -> list[Record]:
        """Every record about a decision, in order."""
        return self._reader.history(decision)

    def changes(self, after: int, *, limit: int) -> list[Record]:
        """The changes made by people that follow position `after`, at most `limit`."""
        return [record for record in self._reader.changes(after, limit=limit) if record.position <= self.head]


@contextmanager
def reading(data_dir: Path) -> Iterator[LogView]:
    """The log of a data directory.

    Raises:
        NotFound: there is none.
        Invalid: another program or a newer version made it.
        Damaged: a part of it cannot be read.
    """
    path = require_log(data_dir)
    _check_wal(data_dir, path)
    head = head_of(path)
    with translated():
        reader = Reader(path)
    # Outside of `translated`: what goes wrong with the reader's output is not the log's fault.
    with closing(reader):
        yield LogView(head, reader)


def head_of(path: Path) -> int:
    """Position of the newest record in a database of ours, as far as SQLite can tell."""
    with translated(), closing(readable(path)) as connection:
        check(connection, path=path)
        head: int = connection.execute("SELECT coalesce(max(position), 0) FROM log").fetchone()[0]
    return head


def _check_wal(data_dir: Path, path: Path) -> None:
    """SQLite silently leaves out what follows a damaged frame, so an export would lack its end."""
    try:
        lock = DirectoryLock(data_dir)
    except Conflict:
        # A server has it, and checked it before it began.
        return
    try:
        if scan(Path(f"{path}-wal")).damaged:
            raise Damaged("write-ahead log: got bad bytes before its end; allowed none; see slotwise verify")
    finally:
        lock.release()

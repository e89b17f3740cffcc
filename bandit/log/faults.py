# SPDX-License-Identifier: Apache-2.0
"""What SQLite's errors mean to us."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from bandit.errors import Damaged, SlotwiseError, Unavailable
from bandit.log.base import NOT_WRITABLE


def translate(error: Exception, *, position: int | None = None) -> SlotwiseError:
    """The error of ours for one of SQLite or of the operating system; `position` is where reading stopped."""
    if isinstance(error, SlotwiseError):
        return error
    code = getattr(error, "sqlite_errorcode", None)
    # Without a code it is Python that could not read a value: a blob whose type was flipped to text.
    unreadable = isinstance(error, sqlite3.OperationalError) and code is None
    if unreadable or (code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)):
        where = "database" if position is None else f"record {position}"
        return Damaged(f"{where}: got bytes that SQLite cannot read ({error})", position=position)
    return Unavailable(
        f"log: cannot be used now ({error}); allowed again when the disk works and has space",
        code=NOT_WRITABLE,
    )


@contextmanager
def translated(*, position: int | None = None) -> Iterator[None]:
    """Raise what SQLite raises inside as an error of ours."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise translate(error, position=position) from error

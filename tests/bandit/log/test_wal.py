# SPDX-License-Identifier: Apache-2.0
"""The reader of write-ahead logs against SQLite, which writes and reads them."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bandit.log.pages import log_rows
from bandit.log.wal import NOTHING, scan


def write(path: Path, *, page_bytes: int, transactions: int, seed: int) -> sqlite3.Connection:
    """Commit rows of all sizes, restarting the write-ahead log now and then; the caller closes."""
    chance = random.Random(seed)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA page_size = {page_bytes}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("CREATE TABLE log (position INTEGER PRIMARY KEY, payload BLOB, chain BLOB)")
    for number in range(transactions):
        if chance.random() < 0.05:
            connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        size = chance.choice((0, 10, 300, 3000, 9000, 20_000))
        connection.execute("INSERT INTO log VALUES (?, ?, ?)", (number, chance.randbytes(size), bytes(16)))
    return connection


@pytest.mark.parametrize("page_bytes", [512, 4096, 65536])
def test_the_scan_agrees_with_sqlite(tmp_path: Path, page_bytes: int) -> None:
    """All committed pages are found with the content that SQLite puts into the main file at a checkpoint."""
    path, wal_path = tmp_path / "x.db", tmp_path / "x.db-wal"
    with closing(write(path, page_bytes=page_bytes, transactions=90, seed=page_bytes)) as connection:
        content, wal = wal_path.read_bytes(), scan(wal_path)
        connection.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
        main = path.read_bytes()
    assert (wal.damaged, wal.size, wal.cut) == (False, len(main) // page_bytes, 0)
    assert wal.pages
    for number, at in wal.pages.items():
        assert content[at : at + page_bytes] == main[(number - 1) * page_bytes : number * page_bytes]


def test_no_file_holds_nothing(tmp_path: Path) -> None:
    """A missing, empty or zeroed write-ahead log holds nothing and is not damaged."""
    assert scan(tmp_path / "missing") == NOTHING
    for content in (b"", bytes(31), bytes(10_000)):
        (tmp_path / "wal").write_bytes(content)
        wal = scan(tmp_path / "wal")
        assert (wal.pages, wal.size, wal.damaged) == ({}, 0, False)


def test_rows_are_found_without_the_tree(tmp_path: Path) -> None:
    """Going through pages alone finds the same rows as SQLite, those on overflow pages included."""
    path = tmp_path / "x.db"
    with closing(write(path, page_bytes=4096, transactions=200, seed=1)) as connection:
        expected = connection.execute("SELECT position, payload, chain FROM log ORDER BY position").fetchall()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    content = path.read_bytes()

    def fetch(number: int) -> bytes | None:
        return content[(number - 1) * 4096 : number * 4096] or None

    rows = [row for number in range(1, len(content) // 4096 + 1) for row in log_rows(number, fetch=fetch)]
    assert sorted(rows) == expected


def test_random_pages_hold_no_rows() -> None:
    """Pages of noise, and cells that point anywhere, are passed over without an error."""
    chance = random.Random(2)
    first = [b"\x0d" + chance.randbytes(4095) for _ in range(50)]
    rest = [chance.randrange(1, 51).to_bytes(4, "big") + chance.randbytes(4092) for _ in range(50)]
    noise = dict(enumerate([*first, *rest], start=1))
    assert [row for number in range(1, 51) for row in log_rows(number, fetch=noise.get)] == []


def test_a_ring_of_overflow_pages_ends() -> None:
    """A row whose overflow pages lead back to themselves is passed over."""
    cell = bytes([0xC0, 0x80, 0x00, 0x01]) + bytes(4)
    leaf = bytes([0x0D, 0, 0, 0, 1, 0, 0, 0, 0, 10]) + cell + (2).to_bytes(4, "big") * 1019
    pages = {2: leaf[:4096], 3: (2).to_bytes(4, "big") + bytes(4092)}
    assert list(log_rows(2, fetch=pages.get)) == []

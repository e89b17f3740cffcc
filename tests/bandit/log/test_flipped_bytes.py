# SPDX-License-Identifier: Apache-2.0
"""Bytes that change in a database whose write-ahead log is empty."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bandit.core.codec import encode
from bandit.core.events import AnyEvent
from bandit.errors import Damaged, SlotwiseError
from bandit.log.base import Snapshot
from bandit.log.opening import opened
from bandit.log.snapshots import digest
from bandit.log.verify import verify

DATABASE = "slotwise.db"


@pytest.fixture(scope="module")
def written(events: Any) -> list[AnyEvent]:
    """Nine small records of all sorts."""
    decisions = [events.decided(f"d{n}", x=bytes([n + 1]) * 40, left_out={}, due=9.0) for n in range(5)]
    others = [events.rewarded("d1", "r1"), events.activated("d2"), events.expired("d3"), events.changed("a")]
    return [*decisions, *others]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, files: Any, events: Any, written: list[AnyEvent]) -> Path:
    """A closed database with these records and snapshots at 3 and 7."""
    path = tmp_path_factory.mktemp("whole")
    files.write(path, [written], crash_in=path / "unused")
    lock, tail, reader = opened(path)
    for position in (3, 7):
        tail.save(Snapshot(position, b"state of %d" % position))
    reader.close()
    tail.close()
    lock.release()
    return path


@contextmanager
def flipped(path: Path, offset: int) -> Iterator[None]:
    """Flip one bit of the database, and put it back."""
    content = path.read_bytes()
    path.write_bytes(content[:offset] + bytes([content[offset] ^ 0x04]) + content[offset + 1 :])
    try:
        yield
    finally:
        path.write_bytes(content)


def test_each_byte_of_a_middle_record_counts(whole: Path, written: list[AnyEvent], files: Any) -> None:
    """Reading names the record of which any byte of payload or chain changed."""
    payload = encode(written[3])
    start = (whole / DATABASE).read_bytes().index(payload)
    for offset in range(start, start + len(payload) + 16):
        with flipped(whole / DATABASE, offset), pytest.raises(Damaged) as caught:
            files.read(whole)
        assert caught.value.position == 4, offset


def test_reading_on_from_a_damaged_record_names_it(whole: Path, written: list[AnyEvent]) -> None:
    """A record whose chain changed is named even when reading starts right after it."""
    payload = encode(written[3])
    offset = (whole / DATABASE).read_bytes().index(payload) + len(payload) + 2
    with flipped(whole / DATABASE, offset):
        lock, tail, reader = opened(whole)
        with pytest.raises(Damaged) as caught:
            reader.read(4, limit=5, head=tail.head)
        reader.close()
        tail.close()
        lock.release()
    assert caught.value.position == 4


def test_a_damaged_decision_is_never_found(whole: Path, written: list[AnyEvent], events: Any) -> None:
    """A lookup of a decision whose record changed fails its own proposal and nothing is appended."""
    offset = (whole / DATABASE).read_bytes().index(encode(written[3])) + 60
    with flipped(whole / DATABASE, offset):
        lock, tail, reader = opened(whole)
        outcomes = tail.commit([lambda lookups: [events.expired("d4")] if lookups.find("d3") else []])
        with pytest.raises(Damaged) as history:
            reader.history("d3")
        reader.close()
        tail.close()
        lock.release()
    assert (type(outcomes[0]), tail.head, history.value.position) == (Damaged, 9, 4)


def test_verify_names_the_first_bad_record(whole: Path, written: list[AnyEvent]) -> None:
    """The report counts the good records and gives the position of the bad one."""
    assert verify(whole).problems == []
    with flipped(whole / DATABASE, (whole / DATABASE).read_bytes().index(encode(written[6])) + 9):
        report = verify(whole)
    assert (report.records, [(problem.part, problem.position) for problem in report.problems]) == (
        6,
        [("log", 7)],
    )


def test_each_byte_of_a_snapshot_counts(whole: Path) -> None:
    """A snapshot of which any byte changed is passed over for the one before, and verify names it."""
    newest = Snapshot(7, b"state of 7")
    stored = newest.data + digest(newest)
    start = (whole / DATABASE).read_bytes().index(stored)
    for offset in range(start, start + len(stored)):
        with flipped(whole / DATABASE, offset):
            lock, tail, reader = opened(whole)
            found = reader.newest(head=tail.head)
            reader.close()
            tail.close()
            lock.release()
            problems = [(problem.part, problem.position) for problem in verify(whole).problems]
        assert (found, problems) == (Snapshot(3, b"state of 3"), [("snapshot", 7)]), offset


def test_no_flipped_bit_anywhere_changes_what_is_read(
    whole: Path, written: list[AnyEvent], files: Any
) -> None:
    """Whatever byte changes, reading gives the same events or an error of ours, never other events."""
    chance = random.Random(11)
    original = (whole / DATABASE).read_bytes()
    refused = 0
    for offset in chance.sample([at for at, byte in enumerate(original) if byte], 150):
        with flipped(whole / DATABASE, offset):
            try:
                read = files.read(whole)
            except SlotwiseError:
                refused += 1
                continue
            finally:
                for path in whole.glob("*.damaged-*"):
                    path.unlink()
            assert read == written, offset
    assert refused > 50

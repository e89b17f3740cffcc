# SPDX-License-Identifier: Apache-2.0
"""A write-ahead log that a crash cut off, or that lost bytes before its end."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bandit.core.codec import encode
from bandit.core.events import AnyEvent
from bandit.errors import Damaged
from bandit.log.opening import opened
from bandit.log.verify import verify

WAL = "slotwise.db-wal"
HEADER, FRAME = 32, 4120


class Crashed(NamedTuple):
    """A copy of the files of a running log: one record a transaction, none of them in the main file yet."""

    path: Path
    written: list[AnyEvent]
    sizes: list[int]


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory, files: Any, events: Any) -> Crashed:
    """Twelve records of some hundred bytes."""
    at = tmp_path_factory.mktemp("crashed")
    written = [events.decided(f"d{n}", x=bytes([n]) * 300) for n in range(12)]
    return Crashed(
        at / "copy", written, files.write(at / "live", [[event] for event in written], crash_in=at / "copy")
    )


def offsets(crashed: Crashed) -> list[int]:
    """Around each frame boundary of the last three records, and between them by chance."""
    start, end = crashed.sizes[-4], crashed.sizes[-1]
    edges = {edge + shift for edge in range(start, end + 1, FRAME) for shift in (-2, -1, 0, 1, 2, 24)}
    some = random.Random(4).sample(range(start, end), 40)
    return sorted(offset for offset in {*edges, *some} if offset <= end)


def test_a_cut_tail_opens_with_the_whole_records_before_it(
    crashed: Crashed, files: Any, tmp_path: Path
) -> None:
    """Wherever the write-ahead log is cut, exactly the records whose commit is before the cut are there."""
    content = (crashed.path / WAL).read_bytes()
    for number, offset in enumerate(offsets(crashed)):
        cut = files.copy(crashed.path, tmp_path / str(number))
        (cut / WAL).write_bytes(content[:offset])
        whole = sum(size <= offset for size in crashed.sizes)
        assert files.read(cut) == crashed.written[:whole], offset


def test_a_cut_header_is_an_empty_write_ahead_log(crashed: Crashed, files: Any, tmp_path: Path) -> None:
    """A write-ahead log that ends in its header held no record yet."""
    for offset in (0, 1, HEADER - 1, HEADER, HEADER + 1):
        cut = files.copy(crashed.path, tmp_path / str(offset))
        (cut / WAL).write_bytes((crashed.path / WAL).read_bytes()[:offset])
        assert files.read(cut) == []


def test_a_torn_log_goes_on(crashed: Crashed, files: Any, events: Any, tmp_path: Path) -> None:
    """After a torn tail the log appends where the whole records end, and all of it is sound."""
    cut = files.copy(crashed.path, tmp_path / "cut")
    (cut / WAL).write_bytes((crashed.path / WAL).read_bytes()[: crashed.sizes[8] - 1])
    files.write(cut, [[events.decided("new")]], crash_in=tmp_path / "again")
    assert files.read(tmp_path / "again") == [*crashed.written[:8], events.decided("new")]
    assert verify(cut).problems == []


def test_each_flipped_byte_of_a_middle_record_is_named(crashed: Crashed, files: Any, tmp_path: Path) -> None:
    """A byte of a record's payload or chain that flips in the write-ahead log is damage, not a torn tail."""
    content = (crashed.path / WAL).read_bytes()
    payload = encode(crashed.written[5])
    first = content.index(payload)
    damaged = files.copy(crashed.path, tmp_path / "damaged")
    for offset in range(first, first + len(payload) + 16):
        (damaged / WAL).write_bytes(
            content[:offset] + bytes([content[offset] ^ 0x10]) + content[offset + 1 :]
        )
        with pytest.raises(Damaged) as caught:
            opened(damaged)
        assert caught.value.position == 6


def test_damage_in_a_later_copy_names_what_is_lost(crashed: Crashed, files: Any, tmp_path: Path) -> None:
    """Later commits write a page again: damage to such a copy loses the records from that commit on."""
    content = bytearray((crashed.path / WAL).read_bytes())
    payload = encode(crashed.written[4])
    second = content.index(payload, content.index(payload) + 1)
    lost_from = next(n for n, size in enumerate(crashed.sizes, start=1) if size > second)
    content[second] ^= 1
    damaged = files.copy(crashed.path, tmp_path / "damaged")
    (damaged / WAL).write_bytes(content)
    with pytest.raises(Damaged) as caught:
        opened(damaged)
    assert caught.value.position == lost_from > 5


@pytest.mark.parametrize("offset", [*range(HEADER), *range(HEADER, HEADER + 24)])
def test_a_flipped_byte_of_a_header_is_named(
    crashed: Crashed, files: Any, tmp_path: Path, offset: int
) -> None:
    """SQLite ignores all that follows a damaged header without a word; we do not."""
    content = bytearray((crashed.path / WAL).read_bytes())
    content[offset] ^= 0x08
    damaged = files.copy(crashed.path, tmp_path / "damaged")
    (damaged / WAL).write_bytes(content)
    with pytest.raises(Damaged) as caught:
        opened(damaged)
    assert caught.value.position == 1


def test_damage_is_left_as_it_was_found(crashed: Crashed, files: Any, tmp_path: Path) -> None:
    """Refusing a damaged log and verifying it change neither file."""
    content = bytearray((crashed.path / WAL).read_bytes())
    content[crashed.sizes[3] + 500] ^= 1
    damaged = files.copy(crashed.path, tmp_path / "damaged")
    (damaged / WAL).write_bytes(content)
    with pytest.raises(Damaged):
        opened(damaged)
    assert verify(damaged).problems[0].position == 5
    assert (damaged / WAL).read_bytes() == content
    assert (damaged / "slotwise.db").read_bytes() == (crashed.path / "slotwise.db").read_bytes()

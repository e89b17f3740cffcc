# SPDX-License-Identifier: Apache-2.0
"""A disk that takes no more: appends are refused, reading goes on, appends work again when there is space."""

from __future__ import annotations

import asyncio
import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bandit.errors import Unavailable
from bandit.log import tail
from bandit.log.base import NOT_WRITABLE, Record, Snapshot
from bandit.log.sqlite import SqliteLog
from bandit.log.verify import verify


@contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def size_of(file: Path) -> int:
    """Bytes in a file."""
    return file.stat().st_size


def content_of(file: Path) -> bytes:
    """All of a file."""
    return file.read_bytes()


@pytest.fixture
def wal(tmp_path: Path) -> Path:
    """Where the write-ahead log of the test's log is."""
    return tmp_path / "slotwise.db-wal"


async def test_a_full_disk_refuses_whole_groups_until_there_is_space(
    events: Any, tmp_path: Path, wal: Path
) -> None:
    """Every append of a group that could not be synced fails with Unavailable and nothing of it is kept."""
    told: list[Record] = []
    log = SqliteLog.open(tmp_path, committed=told.extend)
    await log.append(events.just(events.decided("before")))
    with files_limited_to(size_of(wal) + 6000):
        futures = [log.append(events.just(events.decided(f"full{n}", x=bytes(2000)))) for n in range(5)]
        refused = await asyncio.gather(*futures, return_exceptions=True)
        assert [record.event.decision for record in log.read(0, limit=9)] == ["before"]
    after = await asyncio.gather(*(log.append(events.just(events.decided(f"full{n}"))) for n in range(3)))
    await log.close()
    assert [type(outcome) for outcome in refused] == [Unavailable] * 5
    assert [records[0].position for records in after] == [2, 3, 4]
    assert [record.event.decision for record in told] == ["before", "full0", "full1", "full2"]
    assert (verify(tmp_path).problems, verify(tmp_path).records) == ([], 4)


async def test_a_disk_may_be_full_again_and_again(events: Any, tmp_path: Path, wal: Path) -> None:
    """However often writing fails, what was acknowledged is there and what was refused is not."""
    log = SqliteLog.open(tmp_path, committed=lambda _: None)
    kept: list[str] = []
    for number in range(40):
        with files_limited_to(max(size_of(wal), 32768) + number * 431):
            try:
                await log.append(events.just(events.decided(f"tight{number}", x=bytes(3000))))
            except Unavailable:
                pass
            else:
                kept.append(f"tight{number}")
        await log.append(events.just(events.decided(f"free{number}")))
        kept.append(f"free{number}")
    assert [record.event.decision for record in log.read(0, limit=999)] == kept
    await log.close()
    assert 40 < len(kept) < 80
    assert verify(tmp_path).problems == []


async def test_a_crash_after_a_full_disk_keeps_what_was_acknowledged(
    files: Any, events: Any, tmp_path: Path
) -> None:
    """What a refused group left in the write-ahead log neither comes back nor looks like damage."""
    log = SqliteLog.open(tmp_path / "live", committed=lambda _: None)
    wal = tmp_path / "live" / "slotwise.db-wal"
    kept = []
    for number in range(12):
        kept += [record.event for record in await log.append(events.just(events.decided(f"d{number}")))]
        too_much = [events.decided(f"big{number}-{n}", x=bytes(size_of(wal))) for n in range(3)]
        with files_limited_to(size_of(wal) + 13_000 - 1000 * number):
            refused = await asyncio.gather(
                *map(log.append, map(events.just, too_much)), return_exceptions=True
            )
        assert [type(outcome) for outcome in refused] == [Unavailable] * 3
        assert files.read(files.copy(tmp_path / "live", tmp_path / f"crash{number}")) == kept
    await log.close()


async def test_a_refused_group_leaves_nothing_for_later(events: Any, tmp_path: Path, wal: Path) -> None:
    """After a failed write the write-ahead log starts over with another salt, so no old frame counts."""
    log = SqliteLog.open(tmp_path, committed=lambda _: None)
    await log.append(events.just(events.decided("before")))
    before = content_of(wal)[:32]
    with files_limited_to(size_of(wal)), pytest.raises(Unavailable):
        await log.append(events.just(events.decided("refused")))
    await log.append(events.just(events.decided("after")))
    assert content_of(wal)[:32] != before
    await log.close()


async def test_a_report_that_cannot_be_written_stops_nothing(
    events: Any, tmp_path: Path, wal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program's own log may be on the full disk too: callers hear all the same."""

    def no_space(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(tail._report, "error", no_space, raising=False)
    log = SqliteLog.open(tmp_path, committed=lambda _: None)
    await log.append(events.just(events.decided("before")))
    with files_limited_to(size_of(wal)), pytest.raises(Unavailable):
        await log.append(events.just(events.decided("refused")))
    assert (await log.append(events.just(events.decided("after"))))[0].position == 2
    await log.close()


async def test_a_log_that_does_not_fit_is_not_opened(events: Any, tmp_path: Path) -> None:
    """Wherever making a log stops for want of space, the error is Unavailable; the next start goes on."""
    refused = 0
    for limit in (0, 3000, 20_000, 60_000, 66_000, 80_000, 120_000, 160_000):
        path = tmp_path / str(limit)
        try:
            with files_limited_to(limit):
                log = SqliteLog.open(path, committed=lambda _: None)
        except Unavailable:
            refused += 1
            log = SqliteLog.open(path, committed=lambda _: None)
        await log.append(events.just(events.decided("d")))
        await log.close()
        assert (verify(path).records, verify(path).problems) == (1, [])
    assert 4 < refused < 8


async def test_a_salvage_that_does_not_fit_loses_nothing(files: Any, events: Any, tmp_path: Path) -> None:
    """When a cut file cannot be copied for want of space, it is left as it is for the next start."""
    written = [events.decided(f"d{n}") for n in range(40)]
    files.write(tmp_path, [written], crash_in=tmp_path / "unused")
    whole = (tmp_path / "slotwise.db").read_bytes()
    (tmp_path / "slotwise.db").write_bytes(whole[:-4096])
    with files_limited_to(50_000), pytest.raises(Unavailable):
        SqliteLog.open(tmp_path, committed=lambda _: None)
    assert (tmp_path / "slotwise.db").read_bytes() == whole[:-4096]
    assert files.read(tmp_path)[:10] == written[:10]


async def test_a_snapshot_that_does_not_fit_is_refused(events: Any, tmp_path: Path, wal: Path) -> None:
    """Saving on a full disk raises Unavailable and leaves the snapshot before it."""
    log = SqliteLog.open(tmp_path, committed=lambda _: None)
    await log.append(events.just(events.decided("d")))
    await log.save(Snapshot(0, b"small"))
    with files_limited_to(size_of(wal) + 5000), pytest.raises(Unavailable):
        await log.save(Snapshot(1, bytes(100_000)))
    assert log.newest() == Snapshot(0, b"small")
    await log.save(Snapshot(1, bytes(100_000)))
    assert log.newest() == Snapshot(1, bytes(100_000))
    await log.close()


async def test_an_append_of_nothing_tells_when_a_full_disk_has_space(
    events: Any, tmp_path: Path, wal: Path
) -> None:
    """After a failure it fails until the log can be written."""
    log = SqliteLog.open(tmp_path, committed=lambda _: None)
    await log.append(events.just(events.decided("before")))
    with files_limited_to(size_of(wal)):
        for each in (events.just(events.decided("refused")), lambda _: (), lambda _: ()):
            with pytest.raises(Unavailable) as refused:
                await log.append(each)
            assert refused.value.code == NOT_WRITABLE
    assert await log.append(lambda _: ()) == []
    await log.append(events.just(events.decided("after")))
    assert [record.event.decision for record in log.read(0, limit=9)] == ["before", "after"]
    await log.close()
    assert verify(tmp_path).sound

# SPDX-License-Identifier: Apache-2.0
"""A main database file that lost its end."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bandit.core.codec import encode
from bandit.core.events import AnyEvent
from bandit.log.verify import verify

DATABASE, WAL = "slotwise.db", "slotwise.db-wal"
PAGE = 4096


@pytest.fixture(scope="module")
def written(events: Any) -> list[AnyEvent]:
    """Fifty decisions, some with rewards, that fill some twenty pages."""
    decisions = [events.decided(f"d{n}", x=bytes([n]) * 700) for n in range(50)]
    return [
        event
        for n, one in enumerate(decisions)
        for event in ([one, events.rewarded(f"d{n}", "r")] if n % 7 == 0 else [one])
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, files: Any, written: list[AnyEvent]) -> Path:
    """A closed database with these records."""
    path = tmp_path_factory.mktemp("whole")
    files.write(path, [[event] for event in written], crash_in=path / "unused")
    return path


def readable(content: bytes, written: list[AnyEvent]) -> int:
    """How many records from the first on are in the whole pages of a cut file."""
    pages = content[: len(content) // PAGE * PAGE]
    return next((n for n, event in enumerate(written) if encode(event) not in pages), len(written))


def test_the_longest_readable_prefix_is_kept(
    whole: Path, files: Any, written: list[AnyEvent], tmp_path: Path
) -> None:
    """Wherever the file is cut, the records before the first lost page are there, and the file is kept."""
    content = (whole / DATABASE).read_bytes()
    edges = {edge + shift for edge in range(0, len(content), PAGE) for shift in (-1, 0, 1)}
    some = random.Random(5).sample(range(len(content)), 10)
    for offset in sorted(offset for offset in {*edges, *some} if offset >= 0):
        cut = tmp_path / str(offset)
        cut.mkdir()
        (cut / DATABASE).write_bytes(content[:offset])
        assert files.read(cut) == written[: readable(content[:offset], written)], offset
        assert (cut / f"{DATABASE}.damaged-1").read_bytes() == content[:offset]
        assert verify(cut).problems == []


def test_a_salvage_says_what_it_kept(
    whole: Path, files: Any, written: list[AnyEvent], tmp_path: Path
) -> None:
    """The program's log names the last position that was kept and where the damaged file is."""
    content = (whole / DATABASE).read_bytes()[: 9 * PAGE]
    (tmp_path / DATABASE).write_bytes(content)
    with capture_logs() as logs:
        files.read(tmp_path)
    warnings = [entry for entry in logs if entry["log_level"] == "warning"]
    assert [entry["last_position"] for entry in warnings] == [readable(content, written)]
    assert warnings[0]["damaged_file"].endswith("slotwise.db.damaged-1")


def test_pages_in_the_write_ahead_log_are_not_missing(files: Any, events: Any, tmp_path: Path) -> None:
    """A main file shorter than its header says is whole if the write-ahead log has the rest."""
    written = [events.decided(f"d{n}") for n in range(30)]
    crashed = tmp_path / "crashed"
    files.write(tmp_path / "live", [[event] for event in written], crash_in=crashed)
    main = bytearray((crashed / DATABASE).read_bytes())
    first = (crashed / WAL).read_bytes().rindex(b"SQLite format 3\0")
    main[:PAGE] = (crashed / WAL).read_bytes()[first : first + PAGE]
    (crashed / DATABASE).write_bytes(main)
    assert files.read(crashed) == written
    assert not list(crashed.glob("*.damaged-*"))


def test_what_the_write_ahead_log_holds_is_salvaged_too(
    whole: Path, files: Any, events: Any, written: list[AnyEvent], tmp_path: Path
) -> None:
    """When pages are lost, those of the write-ahead log count as readable."""
    live, crashed = files.copy(whole, tmp_path / "live"), tmp_path / "crashed"
    files.write(live, [[events.decided("new", x=b"new" * 99)]], crash_in=crashed)
    main, wal = (crashed / DATABASE).read_bytes(), (crashed / WAL).read_bytes()
    lost = encode(written[-4])
    assert lost not in wal
    cut = main.index(lost) // PAGE * PAGE
    (crashed / DATABASE).write_bytes(main[:cut])
    kept = readable(main[:cut], written)
    assert files.read(crashed) == written[:kept]
    assert (crashed / f"{DATABASE}.damaged-1-wal").read_bytes() == wal


def test_a_lost_main_file_is_not_an_empty_log(files: Any, events: Any, tmp_path: Path) -> None:
    """SQLite deletes a write-ahead log whose database is empty; its records are saved before that."""
    crashed, written = tmp_path / "crashed", [events.decided(f"d{n}") for n in range(9)]
    for number, remains in enumerate((b"", None)):
        files.write(tmp_path / f"live{number}", [[event] for event in written], crash_in=crashed)
        (crashed / DATABASE).unlink()
        if remains is not None:
            (crashed / DATABASE).write_bytes(remains)
        assert files.read(crashed) == written
        for path in crashed.iterdir():
            path.unlink()


@pytest.mark.parametrize("done", ["nothing moved", "write-ahead log moved", "both moved"])
def test_an_interrupted_salvage_is_finished(
    files: Any, whole: Path, written: list[AnyEvent], tmp_path: Path, done: str
) -> None:
    """A crash while files are renamed loses nothing: the next start takes the salvaged file."""
    files.copy(whole, tmp_path)
    (tmp_path / DATABASE).rename(tmp_path / f"{DATABASE}.salvaged")
    for name in {"nothing moved": (WAL, DATABASE), "write-ahead log moved": (DATABASE,), "both moved": ()}[
        done
    ]:
        (tmp_path / name).write_bytes(b"damaged")
    assert files.read(tmp_path) == written
    assert sorted(path.name for path in tmp_path.glob("*damaged*")) == {
        "nothing moved": [f"{DATABASE}.damaged-1", f"{DATABASE}.damaged-1-wal"],
        "write-ahead log moved": [f"{DATABASE}.damaged-1"],
        "both moved": [],
    }[done]  # fmt: skip


def test_an_interrupted_build_is_started_again(files: Any, events: Any, tmp_path: Path) -> None:
    """A half-built new database is thrown away."""
    (tmp_path / f"{DATABASE}.new").write_bytes(b"half")
    files.write(tmp_path, [[events.decided("d")]], crash_in=tmp_path / "copy")
    assert files.read(tmp_path) == [events.decided("d")]
    assert not (tmp_path / f"{DATABASE}.new").exists()

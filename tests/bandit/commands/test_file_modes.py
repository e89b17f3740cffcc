# SPDX-License-Identifier: Apache-2.0
"""Who may read the files of a data directory."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bandit.commands.directory import opened
from bandit.settings import Settings


@pytest.fixture(params=[0o000, 0o022, 0o277], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The umask of a shell that protects nothing, the usual one, and one that takes rights from the owner."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(directory: Path) -> dict[str, int]:
    """The rights to every file below a directory, by name."""
    return {path.name: path.stat().st_mode & 0o777 for path in directory.rglob("*") if path.is_file()}


def live(data_dir: Path) -> dict[str, int]:
    """Start, change something and look at the files while they are in use."""

    async def run() -> dict[str, int]:
        async with opened(Settings(data_dir=data_dir, snapshot_every=1)) as service:
            await service.changes.put_placement("home", {"arms": {"a": {}}}, by="test")
            return modes(data_dir)

    return asyncio.run(run())


def test_a_new_directory_is_private(tmp_path: Path, umask: int) -> None:
    """All that a start makes is its owner's alone, in use and at rest, whatever the umask."""
    folder = tmp_path / f"data-{umask}"
    found = live(folder)
    assert {"slotwise.db", "slotwise.db-wal", "slotwise.db-shm", "secret", "lock"} <= set(found)
    assert {**found, **modes(folder)} == dict.fromkeys({**found, **modes(folder)}, 0o600)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_files_that_others_could_read_are_tightened(tmp_path: Path) -> None:
    """A start takes the rights of others away; other files, and a folder that was there, stay as they are."""
    live(tmp_path)
    (tmp_path / "notes.txt").write_text("mine", "utf-8")
    (tmp_path / "slotwise.db.damaged-1").write_bytes(b"old")
    for path in tmp_path.iterdir():
        path.chmod(0o664)
    tmp_path.chmod(0o755)
    live(tmp_path)
    found = modes(tmp_path)
    assert found.pop("notes.txt") == 0o664
    assert set(found.values()) == {0o600}
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_saved_database_is_private(tmp_path: Path) -> None:
    """What a start makes of a database that was cut short is as private, and so is what it puts aside."""
    live(tmp_path)
    database = tmp_path / "slotwise.db"
    database.write_bytes(database.read_bytes()[:-8192])
    database.chmod(0o644)
    live(tmp_path)
    assert "slotwise.db.damaged-1" in modes(tmp_path)
    assert set(modes(tmp_path).values()) == {0o600}


def test_a_file_of_somebody_else_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """The start goes on when it may not change a mode, and says which file others can read."""
    live(tmp_path)
    (tmp_path / "secret").chmod(0o644)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    assert live(tmp_path)["secret"] == 0o644
    assert "secret" in capsys.readouterr().out

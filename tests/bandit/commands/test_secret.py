# SPDX-License-Identifier: Apache-2.0
"""A log and the secret that it was written with belong together."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bandit.commands.directory import opened
from bandit.core.events import SecretAdopted
from bandit.errors import Conflict, Unavailable
from bandit.service.changes import Changes
from bandit.settings import Settings


def backed_up(data_dir: Path, to: Path, *names: str) -> Path:
    """A copy of the database, as docs/storage.md makes it, and of the files that are named."""
    to.mkdir()
    with (
        closing(sqlite3.connect(data_dir / "slotwise.db")) as source,
        closing(sqlite3.connect(to / "slotwise.db")) as copy,
    ):
        source.backup(copy)
    for name in names:
        shutil.copy(data_dir / name, to / name)
    return to


async def life(data_dir: Path, *, new_secret: bool = False) -> tuple[int, list[SecretAdopted]]:
    """Start, forget the user ada; how many of her decisions were found, and which secrets the log knows."""
    async with opened(Settings(data_dir=data_dir), new_secret=new_secret) as service:
        forgotten = await service.forget("ada", by="test")
        changes = [record.event for record in service.live.log.changes(0, limit=999)]
        return forgotten.decisions, [event for event in changes if isinstance(event, SecretAdopted)]


def files(folder: Path) -> dict[str, bytes]:
    """What a directory holds, but for the lock and what SQLite keeps while it reads."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.name not in ("lock", "slotwise.db-wal", "slotwise.db-shm")
    }


def test_a_whole_backup_is_the_same_service(lived_in: Path, tmp_path: Path) -> None:
    """With its secret a restored log knows its users, and notes nothing new."""
    restored = backed_up(lived_in, tmp_path / "restored", "secret")
    decisions, adopted = asyncio.run(life(restored))
    assert decisions == 3
    assert len(adopted) == 1


@pytest.mark.parametrize("other", [False, True], ids=["none", "another"])
def test_a_log_without_its_secret_is_refused(
    slotwise: Any, lived_in: Path, tmp_path: Path, other: bool
) -> None:
    """Every command that would write, and verify, say in one line what to do; no file is made or changed."""
    restored = backed_up(lived_in, tmp_path / "restored")
    if other:
        (restored / "secret").write_bytes(b"x" * 32)
    before = files(restored)
    got = "got another one" if other else "got none"
    for words in (
        ("serve", "--port", "0"),
        ("apply", tmp_path / "catalogue.yaml"),
        ("keys", "list"),
        ("keys", "create", "--role", "admin"),
        ("context", "--placement", "hero"),
        ("quality", "--placement", "hero"),
        ("verify",),
    ):
        status, _, err = slotwise(*words, "--data-dir", restored)
        last = err.splitlines()[-1]
        assert status == 1, words
        assert f"secret: {got} beside the log in {restored}; allowed the one" in last
        assert "copy the file secret from where the log comes from" in last
        assert "slotwise serve --new-secret" in last
        assert files(restored) == before
    shown = json.loads(slotwise("verify", "--data-dir", restored, "--json").out)
    assert (shown["sound"], [each["part"] for each in shown["problems"]]) == (False, ["secret"])
    shutil.copy(lived_in / "secret", restored / "secret")
    assert slotwise("verify", "--data-dir", restored).status == 0
    assert asyncio.run(life(restored))[0] == 3


def test_what_only_reads_the_log_needs_no_secret(slotwise: Any, lived_in: Path, tmp_path: Path) -> None:
    """Decisions are exported with the pseudonyms that they have."""
    restored = backed_up(lived_in, tmp_path / "restored")
    assert slotwise("export", "-o", tmp_path / "out", "--data-dir", restored).status == 0
    assert (tmp_path / "out").read_bytes().count(b"\n") == 6
    assert not (restored / "secret").exists()


@pytest.mark.parametrize("other", [False, True], ids=["none", "another"])
def test_going_on_with_a_new_secret_is_written_down(lived_in: Path, tmp_path: Path, other: bool) -> None:
    """It must be asked for, stands in the audit, makes strangers of all users, and is asked for only once."""
    restored = backed_up(lived_in, tmp_path / "restored")
    if other:
        (restored / "secret").write_bytes(b"x" * 32)
    decisions, adopted = asyncio.run(life(restored, new_secret=True))
    assert decisions == 0
    assert len({each.fingerprint for each in adopted}) == len(adopted) == 2
    assert adopted[-1].by == "command line"
    assert len(asyncio.run(life(restored))[1]) == 2
    assert len(asyncio.run(life(restored, new_secret=True))[1]) == 2


def test_a_log_that_knows_no_secret_takes_the_present_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So logs of earlier versions go on; where the disk is full the next start does it."""

    async def full(*_: object, **__: object) -> None:
        raise Unavailable("log: got no space")

    async def begin() -> None:
        async with opened(Settings(data_dir=tmp_path)) as service:
            await service.changes.put_placement("home", {"arms": {"a": {}}}, by="test")
            assert service.live.state.secret == ""

    with monkeypatch.context() as patch:
        patch.setattr(Changes, "adopt_secret", full)
        asyncio.run(begin())
    assert len(asyncio.run(life(tmp_path))[1]) == 1
    (tmp_path / "secret").write_bytes(b"x" * 32)
    with pytest.raises(Conflict):
        asyncio.run(life(tmp_path))


def test_the_server_takes_the_option(
    serve: Callable[..., Any], slotwise: Any, lived_in: Path, tmp_path: Path
) -> None:
    """`serve --new-secret` goes on, and then serve alone does."""
    restored = backed_up(lived_in, tmp_path / "restored")
    assert serve("--new-secret", data_dir=restored).stop()[0] == 0
    assert slotwise("verify", "--data-dir", restored).status == 0
    assert serve(data_dir=restored).stop()[0] == 0

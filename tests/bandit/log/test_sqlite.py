# SPDX-License-Identifier: Apache-2.0
"""What the SQLite log does beyond the contract: opening, groups, limits, many threads."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bandit.errors import Conflict, Damaged, Invalid, SlotwiseError, Unavailable
from bandit.log.base import Lookups, Record, Snapshot
from bandit.log.schema import writable
from bandit.log.sqlite import SqliteLog


def ignore(_: Any) -> None:
    """Listen to no commit."""


async def test_everything_is_there_after_reopening(events: Any, tmp_path: Path) -> None:
    """Records, ids, waits, changes and snapshots outlive the log object."""
    log = SqliteLog.open(tmp_path, committed=ignore)
    await log.append(
        events.just(events.decided("d", due=5.0), events.rewarded("d", "r"), events.changed("a"))
    )
    await log.save(Snapshot(3, b"state"))
    await log.close()
    again = SqliteLog.open(tmp_path, committed=ignore)
    seen: list[Any] = []
    await again.append(
        lambda held: seen.append((held.find("d"), held.rewarded("d", "r"), held.due(9.0, limit=1))) or []
    )
    found, reward, due = seen[0]
    assert (found.slots, reward, [one.decided.decision for one in due]) == (
        {0: reward},
        events.rewarded("d", "r"),
        ["d"],
    )
    assert (again.head, len(again.history("d")), len(again.changes(0, limit=9))) == (3, 2, 1)
    assert again.newest() == Snapshot(3, b"state")
    await again.close()


async def test_what_waits_shares_a_commit(events: Any, tmp_path: Path) -> None:
    """While the writer is busy, appends gather; they are committed and told as one group."""
    groups: list[Sequence[Record]] = []
    log = SqliteLog.open(tmp_path, committed=groups.append)
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(_: Lookups) -> list[Any]:
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()
        return [events.decided("held")]

    first = log.append(hold)
    rest = [log.append(events.just(events.decided(f"d{n}"))) for n in range(50)]
    gate.set()
    await asyncio.gather(first, *rest)
    await log.close()
    assert [len(group) for group in groups] in ([1, 50], [51])


async def test_a_full_queue_refuses_at_once(events: Any, tmp_path: Path) -> None:
    """Beyond its room the log refuses without waiting, and takes more when it has written some."""
    log = SqliteLog.open(tmp_path, committed=ignore, waiting=3)
    futures = [log.append(events.just(events.decided(f"d{n}"))) for n in range(5)]
    assert [future.done() for future in futures] == [False, False, False, True, True]
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes[3:]] == [Unavailable, Unavailable]
    assert (await log.append(events.just(events.decided("later"))))[0].position == 4
    await log.close()


async def test_a_repeated_id_names_itself(events: Any, tmp_path: Path) -> None:
    """The error of a repeated id says which id it was, in whichever group it is met."""
    log = SqliteLog.open(tmp_path, committed=ignore)
    await log.append(events.just(events.decided("d"), events.rewarded("d", "r")))
    with pytest.raises(Conflict, match="reward: got 'd/r'; allowed"):
        await log.append(events.just(events.decided("e"), events.rewarded("d", "r")))
    assert log.head == 2
    await log.close()


async def test_a_listener_that_fails_keeps_nobody_waiting(events: Any, tmp_path: Path) -> None:
    """An error in `committed` reaches the event loop's handler; futures still resolve."""
    problems: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context["exception"]))

    def fail(_: Any) -> None:
        raise KeyError("fold")

    log = SqliteLog.open(tmp_path, committed=fail)
    assert (await log.append(events.just(events.decided("d"))))[0].position == 1
    await log.close()
    assert [type(problem) for problem in problems] == [KeyError]


async def test_threads_may_read_while_the_log_grows(events: Any, tmp_path: Path) -> None:
    """Readers in other threads always see a prefix of the log without gaps."""
    log = SqliteLog.open(tmp_path, committed=ignore)

    def read_all() -> list[int]:
        return [record.position for record in log.read(0, limit=10_000)]

    for number in range(30):
        _, positions, _ = await asyncio.gather(
            log.append(events.just(events.decided(f"d{number}"), events.changed("a"))),
            asyncio.to_thread(read_all),
            asyncio.to_thread(log.history, f"d{number - 1}"),
        )
        assert positions == list(range(1, len(positions) + 1))
    assert read_all() == list(range(1, 61))
    await log.close()


async def test_a_second_log_of_a_directory_is_refused(events: Any, tmp_path: Path) -> None:
    """The error names the process that holds the directory; after its close the directory is free."""
    log = SqliteLog.open(tmp_path, committed=ignore)
    with pytest.raises(Conflict, match=f"data directory: got {tmp_path}, in use by process {os.getpid()};"):
        SqliteLog.open(tmp_path, committed=ignore)
    program = (
        "import asyncio, sys; from pathlib import Path; from bandit.errors import Conflict\n"
        "from bandit.log.sqlite import SqliteLog\n"
        "async def main():\n"
        "    try: SqliteLog.open(Path(sys.argv[1]), committed=print)\n"
        "    except Conflict as error: print(error)\n"
        "asyncio.run(main())"
    )
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, tmp_path, stdout=subprocess.PIPE
    )
    output, _ = await other.communicate()
    assert f"in use by process {os.getpid()}" in output.decode()
    await log.close()
    await SqliteLog.open(tmp_path, committed=ignore).close()


async def test_commits_are_synced(tmp_path: Path) -> None:
    """The writer's connection syncs the write-ahead log at every commit."""
    await SqliteLog.open(tmp_path, committed=ignore).close()
    with closing(writable(tmp_path / "slotwise.db")) as connection:
        settings = [
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")
        ]
    assert settings == [2, "wal"]


def stranger(path: Path, statement: str) -> None:
    """Let somebody else write a database."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"not a database at all" * 300, Damaged), (b"hello", Damaged), (bytes(5000), Damaged)],
    ids=["text", "short text", "zeros"],
)
async def test_a_file_that_is_no_database_is_refused(
    tmp_path: Path, content: bytes, error: type[SlotwiseError]
) -> None:
    """A file of that name which is not a database is refused in one line and left alone."""
    (tmp_path / "slotwise.db").write_bytes(content)
    with pytest.raises(error, match=r"database: got .*slotwise\.db, not a SQLite file; allowed [^\n]*$"):
        SqliteLog.open(tmp_path, committed=ignore)
    assert (tmp_path / "slotwise.db").read_bytes() == content


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """A database that is not ours is refused and left alone."""
    stranger(tmp_path / "slotwise.db", "CREATE TABLE log (position, payload, chain)")
    with pytest.raises(Invalid, match="made by another program"):
        SqliteLog.open(tmp_path, committed=ignore)


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """A database that a newer version made is refused, and the lock is given back."""
    await SqliteLog.open(tmp_path, committed=ignore).close()
    stranger(tmp_path / "slotwise.db", "PRAGMA user_version = 2")
    with pytest.raises(Invalid, match="schema 2, made by a newer version; allowed 1 to 1"):
        SqliteLog.open(tmp_path, committed=ignore)
    stranger(tmp_path / "slotwise.db", "PRAGMA user_version = 1")
    await SqliteLog.open(tmp_path, committed=ignore).close()


@pytest.mark.parametrize("name", ["a-file", "a-file/below"])
async def test_a_path_that_is_no_directory_is_refused(tmp_path: Path, name: str) -> None:
    """A file, or a path below a file, cannot be a data directory."""
    (tmp_path / "a-file").write_bytes(b"")
    with pytest.raises(Invalid, match=r"data directory: got .*; allowed a directory that can be written"):
        SqliteLog.open(tmp_path / name, committed=ignore)

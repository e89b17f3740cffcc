# SPDX-License-Identifier: Apache-2.0
"""A process that is killed while it appends loses nothing that it acknowledged."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bandit.core.events import KeyRevoked
from bandit.log.sqlite import SqliteLog
from bandit.log.verify import verify

ROUNDS = 10


@pytest.fixture
def appender(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program that starts processes to be killed."""
    script = str(Path(__file__).with_name("appender.py"))
    command = [sys.executable, script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        yield program


def acknowledged_before_kill(
    appender: subprocess.Popen[bytes], *, name: str, lines: int
) -> list[list[bytes]]:
    """Start a process, kill it after it has printed `lines` lines, return the words of all its lines."""
    assert appender.stdin is not None
    assert appender.stdout is not None
    appender.stdin.write(name.encode() + b"\n")
    appender.stdin.flush()
    # Both processes write to one pipe, so the number may come after some lines.
    output: list[list[bytes]] = []
    process = None
    while process is None or len(output) < lines:
        words = appender.stdout.readline().split()
        assert words
        if len(words) == 1:
            process = int(words[0])
        else:
            output.append(words)
    os.kill(process, signal.SIGKILL)
    while (line := appender.stdout.readline()) != b"end\n":
        assert line
        output.append(line.split())
    return output


async def test_what_was_acknowledged_survives_kill_9(
    tmp_path: Path, appender: subprocess.Popen[bytes]
) -> None:
    """After each of ten kills at a random moment, what was acknowledged is there, once, in its place."""
    chance = random.Random(9)
    acknowledged: list[list[bytes]] = []
    for number in range(ROUNDS):
        acknowledged += acknowledged_before_kill(
            appender, name=f"round{number}", lines=chance.randrange(1, 400)
        )
        report = verify(tmp_path)
        assert report.problems == []
        log = SqliteLog.open(tmp_path, committed=lambda _: None)
        records = log.read(0, limit=100_000)
        await log.close()
        ids = {record.position: record.event.id for record in records if isinstance(record.event, KeyRevoked)}
        assert len(ids) == len(set(ids.values())) == report.records
        assert [words for words in acknowledged if ids.get(int(words[0])) != words[1].decode()] == []

# SPDX-License-Identifier: Apache-2.0
"""A process that is killed while it appends loses nothing that it acknowledged."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

from bandit.core.events import KeyRevoked
from bandit.log.sqlite import SqliteLog
from bandit.log.verify import verify

ROUNDS = 10


def acknowledged_before_kill(directory: Path, *, name: str, lines: int) -> list[tuple[int, str]]:
    """Start an appender, kill it after it has printed `lines` lines, return all that it printed whole."""
    script = str(Path(__file__).with_name("appender.py"))
    with subprocess.Popen([sys.executable, script, str(directory), name], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        output = b"".join(child.stdout.readline() for _ in range(lines))
        child.send_signal(signal.SIGKILL)
        output += child.stdout.read()
    pairs = [line.decode().split() for line in output.splitlines(keepends=True) if line.endswith(b"\n")]
    assert len(pairs) >= lines
    return [(int(position), one) for position, one in pairs]


async def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    """After each of ten kills at a random moment, what was acknowledged is there, once, in its place."""
    chance = random.Random(9)
    acknowledged: list[tuple[int, str]] = []
    for number in range(ROUNDS):
        acknowledged += acknowledged_before_kill(
            tmp_path, name=f"round{number}", lines=chance.randrange(1, 400)
        )
        report = verify(tmp_path)
        assert report.problems == []
        log = SqliteLog.open(tmp_path, committed=lambda _: None)
        records = log.read(0, limit=100_000)
        await log.close()
        ids = {record.position: record.event.id for record in records if isinstance(record.event, KeyRevoked)}
        assert len(ids) == len(set(ids.values())) == report.records
        assert [one for one in acknowledged if ids.get(one[0]) != one[1]] == []

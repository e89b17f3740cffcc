# SPDX-License-Identifier: Apache-2.0
"""`slotwise verify`: sound logs pass, each kind of damage is named with its position."""

from __future__ import annotations

import json
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest


def damage(data_dir: Path, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """Change the database behind the log's back."""
    connection = sqlite3.connect(data_dir / "slotwise.db")
    with connection:
        for sql, values in statements:
            connection.execute(sql, values)
    connection.close()


def test_a_sound_log(slotwise: Any, lived_in: Path) -> None:
    """Everything that was checked is counted."""
    status, out, err = slotwise("verify", "--data-dir", lived_in)
    assert (status, err) == (0, "")
    assert out == (
        "checked\tgood\nrecords\t13\ndecisions\t6\nrewards\t4\nsnapshots\t2\neverything is sound\n"
    )


def test_json(slotwise: Any, lived_in: Path) -> None:
    """--json prints the counts and the problems."""
    status, out, _ = slotwise("verify", "--data-dir", lived_in, "--json")
    assert status == 0
    assert json.loads(out) == {
        "records": 13,
        "decisions": 6,
        "rewards": 4,
        "snapshots": 2,
        "sound": True,
        "problems": [],
    }


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("UPDATE log SET payload = CAST(payload || x'00' AS BLOB) WHERE position = 5", "log at position 5: "),
        ("UPDATE log SET chain = zeroblob(16) WHERE position = 7", "log at position 7: "),
        ("UPDATE log SET payload = payload || x'ff' WHERE position = 6", "log at position 6: "),
        ("DELETE FROM log WHERE position = 3", "log at position 3: "),
        (
            "UPDATE snapshots SET data = CAST(data || x'00' AS BLOB) WHERE position = 13",
            "snapshot at position 13: ",
        ),
        ("UPDATE snapshots SET data = data || x'ff' WHERE position = 13", "snapshot at position 13: "),
        ("DELETE FROM rewards WHERE position = 10", "index at position 10: "),
        ("DELETE FROM decisions WHERE position = 4", "index at position 4: "),
    ],
)
def test_damage_is_named(slotwise: Any, lived_in: Path, sql: str, problem: str) -> None:
    """The line on the standard error has the first damaged position, the status is 1."""
    damage(lived_in, (sql, ()))
    status, _, err = slotwise("verify", "--data-dir", lived_in)
    assert status == 1
    assert err.startswith(f"slotwise: damaged: {problem}")
    assert err.count("\n") == 1


def test_a_snapshot_that_the_log_does_not_lead_to(slotwise: Any, lived_in: Path) -> None:
    """A snapshot whose own checksum holds is still compared with a refold, byte for byte."""
    connection = sqlite3.connect(lived_in / "slotwise.db")
    (data,) = connection.execute("SELECT data FROM snapshots WHERE position = 3").fetchone()
    connection.close()
    other = data[:-1] + bytes([data[-1] ^ 1])
    digest = sha256((3).to_bytes(8, "big") + other).digest()
    damage(lived_in, ("UPDATE snapshots SET data = ?, sha256 = ? WHERE position = 3", (other, digest)))
    status, out, err = slotwise("verify", "--data-dir", lived_in)
    assert status == 1
    assert "snapshots\t1\n" in out
    assert err == (
        "slotwise: damaged: snapshot at position 3: snapshot 3: got other bytes than its records fold to\n"
    )


def test_all_problems_in_json(slotwise: Any, lived_in: Path) -> None:
    """--json lists every problem, and the line says how many more there are."""
    damage(lived_in, ("UPDATE snapshots SET data = x'00'", ()))
    status, out, err = slotwise("verify", "--data-dir", lived_in, "--json")
    shown = json.loads(out)
    assert (status, shown["sound"]) == (1, False)
    assert {(each["part"], each["position"]) for each in shown["problems"]} == {
        ("snapshot", 3),
        ("snapshot", 13),
    }
    assert "snapshot at position 3" in err
    assert "(and 1 more, see --json)" in err


def test_no_log(slotwise: Any, tmp_path: Path) -> None:
    """A directory without a log is a failure, and stays as it is."""
    status, _, err = slotwise("verify", "--data-dir", tmp_path / "none")
    assert status == 1
    assert "which holds no log" in err
    assert not (tmp_path / "none").exists()

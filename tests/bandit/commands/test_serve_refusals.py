# SPDX-License-Identifier: Apache-2.0
"""When `slotwise serve` cannot start it says why in one line, and has changed nothing."""

from __future__ import annotations

import signal
import socket
import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from bandit.log.lock import DirectoryLock


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock.getsockname()[1]


def contents(folder: Path) -> dict[str, str]:
    """What lies in a folder, byte for byte; the lock, SQLite's own index and empty files hold no data."""
    return {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*"))
        if path.stat().st_size and not path.name.endswith("-shm") and path.name != "lock"
    }


def refused(slotwise: Any, *arguments: Any, status: int) -> str:
    """What a start that must fail says."""
    outcome = slotwise("serve", *arguments)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (status, "", 1)
    message: str = outcome.err
    return message


def test_a_port_in_use(slotwise: Any, tmp_path: Path, busy_port: int) -> None:
    """The port is tried before the data directory is made."""
    err = refused(slotwise, "--data-dir", tmp_path / "new", "--port", busy_port, status=1)
    assert err == (
        f"slotwise: port: got {busy_port} on 127.0.0.1 (address already in use);"
        " allowed a free port of this machine\n"
    )
    assert not (tmp_path / "new").exists()


def test_a_directory_in_use(slotwise: Any, data_dir: Path) -> None:
    """Two processes never share a data directory."""
    before = contents(data_dir)
    lock = DirectoryLock(data_dir)
    err = refused(slotwise, "--data-dir", data_dir, "--port", 0, status=1)
    lock.release()
    assert err.startswith(f"slotwise: data directory: got {data_dir}, in use by process ")
    assert contents(data_dir) == before


def test_a_damaged_record(slotwise: Any, lived_in: Path) -> None:
    """A log with a flipped byte in its middle is not served; the line names the position."""
    with sqlite3.connect(lived_in / "slotwise.db") as connection:
        connection.execute("DELETE FROM snapshots")
        connection.execute("UPDATE log SET payload = CAST(payload || x'00' AS BLOB) WHERE position = 4")
    connection.close()
    before = contents(lived_in)
    err = refused(slotwise, "--data-dir", lived_in, "--port", 0, status=1)
    assert "record 4: got bytes that fail their check" in err
    assert contents(lived_in) == before


def test_a_file_that_is_no_database(slotwise: Any, tmp_path: Path) -> None:
    """Another program's file is left as it is."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "slotwise.db").write_bytes(b"something else entirely " * 400)
    before = contents(tmp_path / "d")
    err = refused(slotwise, "--data-dir", tmp_path / "d", "--port", 0, status=1)
    assert "database" in err
    assert contents(tmp_path / "d") == before


def test_a_damaged_secret(slotwise: Any, data_dir: Path) -> None:
    """With another secret every user would be a stranger, so a damaged one is not replaced."""
    (data_dir / "secret").write_bytes(b"short")
    err = refused(slotwise, "--data-dir", data_dir, "--port", 0, status=1)
    assert err == "slotwise: secret: got 5 bytes in secret; allowed 32\n"
    assert (data_dir / "secret").read_bytes() == b"short"


def test_a_directory_that_is_a_file(slotwise: Any, tmp_path: Path) -> None:
    """A data directory must be one."""
    (tmp_path / "file").write_text("x", "utf-8")
    err = refused(slotwise, "--data-dir", tmp_path / "file", "--port", 0, status=2)
    assert f"data directory: got {tmp_path / 'file'}" in err


def test_an_unreadable_catalogue(slotwise: Any, tmp_path: Path) -> None:
    """A catalogue that is not there is a failure, and no data directory is made."""
    err = refused(slotwise, "--data-dir", tmp_path / "new", "--catalog", tmp_path / "no.yaml", status=1)
    assert "no.yaml (no such file or directory)" in err
    assert not (tmp_path / "new").exists()


def test_an_invalid_catalogue(slotwise: Any, tmp_path: Path) -> None:
    """A catalogue with a mistake is bad input, and no data directory is made."""
    path = tmp_path / "bad.yaml"
    path.write_text("placements: {hero: {slots: 0}}", "utf-8")
    err = refused(slotwise, "--data-dir", tmp_path / "new", "--catalog", path, status=2)
    assert err == "slotwise: placements.hero.slots: got 0; allowed 1 to 50\n"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])  # noqa: S104 - must be refused
def test_open_beyond_this_machine(slotwise: Any, tmp_path: Path, host: str) -> None:
    """--open on an address that others can reach is refused."""
    err = refused(slotwise, "--data-dir", tmp_path / "new", "--open", "--host", host, status=2)
    assert err == f"slotwise: host: got '{host}' with --open; allowed a loopback address such as 127.0.0.1\n"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--port", "x"], "argument --port: got 'x'; allowed 0 to 65535"),
        (["--port", "65536"], "argument --port: got '65536'; allowed 0 to 65535"),
        (["--port", "-1"], "argument --port: got '-1'; allowed 0 to 65535"),
        (["--host", "no such host"], "host: got 'no such host'"),
        (["--log-level", "loud"], "argument --log-level: got 'loud'; allowed debug, info, warning, error"),
        (["extra"], "unrecognized arguments: extra"),
    ],
)
def test_wrong_options(slotwise: Any, tmp_path: Path, options: list[str], problem: str) -> None:
    """Each wrong option is named with what it got and what is allowed."""
    assert problem in refused(slotwise, "--data-dir", tmp_path / "new", *options, status=2)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("SLOTWISE_PORT", "x", "argument --port: got 'x'; allowed 0 to 65535 (from SLOTWISE_PORT)"),
        ("SLOTWISE_LOG_LEVEL", "loud", "allowed debug, info, warning, error (from SLOTWISE_LOG_LEVEL)"),
        ("SLOTWISE_SNAPSHOT_EVERY", "0", "SLOTWISE_SNAPSHOT_EVERY: got '0'; allowed a whole number from 1"),
        ("SLOTWISE_BODY_TIMEOUT_S", "inf", "SLOTWISE_BODY_TIMEOUT_S: got 'inf'; allowed a number above 0"),
        ("SLOTWISE_MOST_WAITING", "1e3", "SLOTWISE_MOST_WAITING: got '1e3'; allowed a whole number from 1"),
    ],
)
def test_wrong_variables(
    slotwise: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, problem: str
) -> None:
    """A wrong value from the environment is named with its variable."""
    monkeypatch.setenv(variable, value)
    assert problem in refused(slotwise, "--data-dir", tmp_path / "new", status=2)
    assert not (tmp_path / "new").exists()


def test_an_option_wins_over_a_variable(
    slotwise: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy_port: int
) -> None:
    """A variable is not even looked at when its option is typed."""
    monkeypatch.setenv("SLOTWISE_PORT", "x")
    err = refused(slotwise, "--data-dir", tmp_path / "new", "--port", busy_port, status=1)
    assert f"port: got {busy_port}" in err


def test_signals_are_left_as_they_were(slotwise: Any, lived_in: Path) -> None:
    """A start that failed gives the process its signal handlers back."""
    before = (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT))
    lock = DirectoryLock(lived_in)
    refused(slotwise, "--data-dir", lived_in, "--port", 0, status=1)
    lock.release()
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before

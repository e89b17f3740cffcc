# SPDX-License-Identifier: Apache-2.0
"""The command line as a whole: it finds commands, and fails in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from importlib.metadata import EntryPoint, entry_points, version
from pathlib import Path
from typing import Any

import pytest

from bandit import cli
from bandit.commands.command import Command

NAMES = sorted(point.name for point in entry_points(group=cli.GROUP))


def command_that(run: Any) -> Command:
    """A command named `try` that does what a test needs."""
    return Command(name="try", help="Tries.", example="slotwise try", configure=lambda parser: None, run=run)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a command the only one there is."""

    def install(command: Command) -> None:
        class Point(EntryPoint):
            def load(self) -> Command:
                return command

        points = [Point(name=command.name, value="-", group=cli.GROUP)]
        monkeypatch.setattr(cli, "entry_points", lambda *, group: points)

    return install


def test_the_table_holds_the_service_s_commands() -> None:
    """The commands of this package are reached through the entry points."""
    assert {"apply", "export", "keys", "serve", "verify"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_with_an_example(slotwise: Any, name: str) -> None:
    """--help of every command ends with an example that calls it."""
    status, out, err = slotwise(name, "--help")
    assert (status, err) == (0, "")
    assert f"slotwise {name}" in out.partition("example:\n")[2]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_refuses_what_it_does_not_know(slotwise: Any, name: str) -> None:
    """An unknown option is wrong usage, said in one line that names it or what is missing."""
    status, out, err = slotwise(name, "--no-such-option")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert f"see slotwise {name}" in err


def test_help_lists_every_command(slotwise: Any) -> None:
    """`slotwise --help` names all commands, each with its sentence."""
    status, out, _ = slotwise("--help")
    listed = {line.split()[0] for line in out.partition("own --help):\n")[2].splitlines() if line}
    assert (status, listed) == (0, set(NAMES))
    assert "cannot be loaded" not in out


def test_version(slotwise: Any) -> None:
    """`slotwise --version` prints the installed version."""
    assert slotwise("--version") == (0, f"slotwise {version('slotwise')}\n", "")


def test_unknown_command_names_the_known_ones(slotwise: Any) -> None:
    """A mistyped command is answered with those that exist."""
    status, _, err = slotwise("srve")
    assert (status, err) == (2, f"slotwise: command: got 'srve'; allowed {', '.join(NAMES)}\n")


def test_no_command_names_the_known_ones(slotwise: Any) -> None:
    """A line without a command is wrong usage."""
    status, _, err = slotwise()
    assert (status, err) == (2, f"slotwise: command: got none; allowed {', '.join(NAMES)}\n")


def test_choices_are_named(slotwise: Any) -> None:
    """A value that is not among the choices is answered in the form of all errors."""
    status, _, err = slotwise("export", "--format", "parquet", "-o", "x")
    assert status == 2
    assert "argument --format: got 'parquet'; allowed jsonl, dsjson" in err


def test_a_name_with_line_breaks_stays_on_one_line(slotwise: Any) -> None:
    """Control characters in what is repeated are escaped."""
    _, _, err = slotwise("apply", "no\nsuch\x1b[31m.yaml")
    assert err.count("\n") == 1
    assert "\x1b" not in err
    assert "no\\nsuch\\x1b[31m.yaml" in err


def test_a_fault_of_ours_is_one_line(slotwise: Any, installed: Any) -> None:
    """An unexpected error shows its kind, not a traceback."""
    installed(command_that(lambda given: 1 // 0))
    status, _, err = slotwise("try")
    assert status == 1
    assert err == (
        "slotwise: unexpected ZeroDivisionError: integer division or modulo by zero;"
        " SLOTWISE_TRACEBACK=1 shows where\n"
    )


def test_a_fault_of_ours_can_be_shown_in_full(
    slotwise: Any, installed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SLOTWISE_TRACEBACK lets the error through."""
    monkeypatch.setenv("SLOTWISE_TRACEBACK", "1")
    installed(command_that(lambda given: 1 // 0))
    with pytest.raises(ZeroDivisionError):
        slotwise("try")


def test_interruption_is_one_line(slotwise: Any, installed: Any) -> None:
    """Ctrl-C ends a command with status 1."""

    def interrupted(given: Namespace) -> int:
        raise KeyboardInterrupt

    installed(command_that(interrupted))
    assert slotwise("try") == (1, "", "slotwise: interrupted\n")


def test_a_file_error_names_the_file(slotwise: Any, installed: Any) -> None:
    """What the system refuses is said with the file's name."""
    installed(command_that(lambda given: int(open("/no/such/file").read())))  # noqa: PTH123, SIM115
    assert slotwise("try") == (1, "", "slotwise: /no/such/file: No such file or directory\n")


def test_options_are_not_abbreviated(slotwise: Any, installed: Any) -> None:
    """A new option can never change what an old script means."""

    def configure(parser: ArgumentParser) -> None:
        parser.add_argument("--placement")

    command = Command(name="try", help="", example="", configure=configure, run=lambda given: 0)
    installed(command)
    assert slotwise("try", "--place", "x").status == 2


def test_the_module_is_the_command() -> None:
    """`python -m bandit` runs the command line."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bandit", "nothing"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("slotwise: command: got 'nothing'")


def test_one_blas_thread_is_asked_for_before_numpy_is_loaded() -> None:
    """numpy reads the number of threads once, when it is loaded, so the command line must come first."""
    program = (
        "import sys, os, bandit.cli as cli\n"
        "assert 'numpy' not in sys.modules\n"
        "status = cli.main(['nothing'])\n"
        "print(status, os.environ['OPENBLAS_NUM_THREADS'], 'numpy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "2 1 False\n"


def test_a_reader_that_left_is_no_fault(lived_in: Path) -> None:
    """Output that nobody reads any more (`| head`) ends the command without a word."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-P", "-m", "bandit", "export", "--data-dir", str(lived_in), "-o", "-"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"")

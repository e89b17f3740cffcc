# SPDX-License-Identifier: Apache-2.0
"""The command line: finds the command, runs it, and turns what goes wrong into one line and an exit status.

Commands are the entry points of the group `slotwise.commands`, so that another package (the simulator) can
bring some without being imported from here. Exit status: 0 done, 1 it failed, 2 wrong usage or bad input.
"""

from __future__ import annotations

import os
import re
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points, version
from typing import NoReturn

from bandit.commands.command import Command
from bandit.core.decoding import shorten
from bandit.errors import Invalid, SlotwiseError

GROUP = "slotwise.commands"
_CHOICE = re.compile(r"(.*): invalid choice: (.*) \(choose from (.*)\)", re.DOTALL)
DONE, FAILED, MISUSED = 0, 1, 2


class Parser(ArgumentParser):
    """Raises what is wrong with the arguments instead of printing its usage and leaving."""

    def error(self, message: str) -> NoReturn:
        """Called by argparse."""
        if choice := _CHOICE.fullmatch(message):
            what, value, allowed = choice.groups()
            # Python 3.11 quotes the choices, later ones do not.
            unquoted = allowed.replace("'", "")
            message = f"{what}: got {value}; allowed {unquoted}"
        raise Invalid(f"{message}; see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; `arguments` default to those of the process."""
    # Read by BLAS when numpy is loaded, which the commands do: our matrices are small, and the threads
    # that BLAS would start for them take the cores from the event loop and the log's writer.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        status = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
        return status
    except SlotwiseError as error:
        return _failed(error.message, status=MISUSED if isinstance(error, Invalid) else FAILED)
    except KeyboardInterrupt:
        return _failed("interrupted", status=FAILED)
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`); Python would complain once more when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _failed(f"{where}{error.strerror or error}", status=FAILED)
    except Exception as error:
        # A fault of ours: users get a line too, developers may ask for more.
        if os.environ.get("SLOTWISE_TRACEBACK"):
            raise
        kind = type(error).__name__
        return _failed(f"unexpected {kind}: {error}; SLOTWISE_TRACEBACK=1 shows where", status=FAILED)


def _run(given: list[str]) -> int:
    points = {point.name: point for point in entry_points(group=GROUP)}
    if not given or given[0].startswith("-"):
        _overview(points).parse_args(given)
        raise Invalid(f"command: got none; allowed {_names(points)}")
    name, *rest = given
    if name not in points:
        raise Invalid(f"command: got {shorten(name)}; allowed {_names(points)}")
    command: Command = points[name].load()
    return command.run(parser_of(command).parse_args(rest))


def parser_of(command: Command) -> ArgumentParser:
    """The parser of a command's own arguments."""
    example = "\n".join(f"  {line}" for line in command.example.splitlines())
    parser = Parser(
        prog=f"slotwise {command.name}",
        description=command.help,
        epilog=f"example:\n{example}",
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.configure(parser)
    return parser


class _Overview(Parser):
    """The parser of a line without a command; its help lists the commands, which only then are loaded."""

    points: Mapping[str, EntryPoint]

    def format_help(self) -> str:
        """Called by argparse."""
        width = max(map(len, self.points), default=0)
        lines = [f"  {name:{width}}  {_help_of(point)}" for name, point in sorted(self.points.items())]
        return "\n".join([super().format_help(), "commands (each has its own --help):", *lines, ""])


def _overview(points: Mapping[str, EntryPoint]) -> ArgumentParser:
    parser = _Overview(
        prog="slotwise",
        usage="slotwise [--help] [--version] COMMAND ...",
        description="Ranked slots by contextual bandits, with an exact log.",
        allow_abbrev=False,
    )
    parser.points = points
    parser.add_argument("--version", action="version", version=f"slotwise {version('slotwise')}")
    return parser


def _help_of(point: EntryPoint) -> str:
    try:
        command: Command = point.load()
    except ImportError as error:
        return f"(cannot be loaded: {error})"
    return command.help


def _names(points: Mapping[str, EntryPoint]) -> str:
    return ", ".join(sorted(points)) or "none: the package slotwise is not installed"


def _failed(message: str, *, status: int) -> int:
    # One line, whatever the value in it: a name may hold line breaks or terminal codes.
    line = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in message)
    print(f"slotwise: {line}", file=sys.stderr)
    return status

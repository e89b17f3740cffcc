# SPDX-License-Identifier: Apache-2.0
"""Options of the commands that read a log: which one, and how it is to be read."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from simulator.logs.columns import Mapped
from simulator.logs.readers import READERS, Request, format_of, read_log
from simulator.logs.rows import Log


def add_log(parser: ArgumentParser, *, what: str) -> None:
    """Add the log, its format, names of columns and placement; `what` says what the log may be."""
    parser.add_argument("log", type=Path, metavar="LOG", help=what)
    parser.add_argument(
        "--format", choices=tuple(READERS), help="default: as the name ends, slotwise where that says nothing"
    )
    parser.add_argument(
        "--columns", default="", metavar="MAP", help="for tables: reward=click,action=item,..."
    )
    parser.add_argument("--placement", metavar="P", help="which placement of slotwise's own log")


def format_given(given: Namespace) -> str:
    """The format that was asked for, or that the log's name says."""
    return str(given.format or format_of(given.log))


def log_given(given: Namespace, *, path: Path | None = None) -> Log:
    """Open the log; `path` where it was brought elsewhere. Raises Invalid with one clear line."""
    request = Request(path or given.log, Mapped.parse(given.columns), given.placement)
    return read_log(request, kind=format_given(given))

# SPDX-License-Identifier: Apache-2.0
"""Options of the commands that read a log: which one, and how it is to be read."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from bandit.core.decoding import shorten
from bandit.errors import Invalid
from simulator.logs.columns import Mapped
from simulator.logs.readers import READERS, TABLES, Request, format_of, read_log
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
    """The format that was asked for, or that the log's name says.

    Raises:
        Invalid: it has no use for a placement or for names of columns, and some were given.
    """
    kind = str(given.format or format_of(given.log))
    if given.placement is not None and kind != "slotwise":
        raise Invalid(
            f"placement: got {shorten(given.placement)} with format {kind}; allowed with format slotwise",
            field="placement",
        )
    if given.columns and kind not in TABLES:
        raise Invalid(
            f"columns: got {shorten(given.columns)} with format {kind}; allowed with {', '.join(TABLES)}",
            field="columns",
        )
    return kind


def log_given(given: Namespace, *, path: Path | None = None) -> Log:
    """Open the log; `path` where it was brought elsewhere. Raises Invalid with one clear line."""
    request = Request(path or given.log, Mapped.parse(given.columns), given.placement)
    return read_log(request, kind=format_given(given))

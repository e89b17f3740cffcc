# SPDX-License-Identifier: Apache-2.0
"""Options of the commands that compare policies: which ones, how sure to be, where to write the pictures."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bandit.commands import arguments
from bandit.errors import Invalid
from simulator.extras import optional

if TYPE_CHECKING:
    from simulator.html_page import Made


def share(text: str) -> float:
    """A number strictly between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise ArgumentTypeError(f"got {text!r}; allowed between 0 and 1")
    return value


def add_policies(parser: ArgumentParser, *, what: str) -> None:
    """Add --policy, which may be given several times and takes several; `what` says which there are."""
    parser.add_argument("--policy", action="extend", nargs="+", default=[], metavar="SPEC", help=what)


def add_crew(parser: ArgumentParser, *, what: str) -> None:
    """Add --workers and --dask; `what` says what the workers of a scheduler do."""
    parser.add_argument(
        "--workers", type=arguments.positive_int, default=1, metavar="N", help="processes (default: 1)"
    )
    parser.add_argument("--dask", metavar="ADDRESS", help=what)


def add_answers(parser: ArgumentParser) -> None:
    """Add --level, --report and --json."""
    parser.add_argument("--level", type=share, default=0.95, help="confidence (default: 0.95)")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write an HTML page with pictures; opens offline"
    )
    arguments.add_json(parser)


def made_by(given: Namespace) -> Made:
    """How a report is made, for its foot."""
    html_page = optional("simulator.html_page", what="report")
    made: Made = html_page.Made(
        words=["slotwise", *sys.argv[1:]],
        version=version("slotwise"),
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        level=given.level,
        seed=given.seed,
    )
    return made


def check_report(given: Namespace) -> None:
    """Raise Invalid before the work where a report could not be written after it."""
    path: Path | None = given.report
    if path is None:
        return
    if path.suffix not in (".html", ".png"):
        raise Invalid(f"report: got {path.name!r}; allowed a name ending in .html or .png", field="report")
    if not path.parent.is_dir():
        raise Invalid(f"report: got {path}; allowed a file in a folder that exists", field="report")

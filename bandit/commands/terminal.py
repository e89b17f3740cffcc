# SPDX-License-Identifier: Apache-2.0
"""What commands show: tables, lines, JSON, and progress on long work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

_SAY_EVERY_S = 10.0


class Advance(Protocol):
    """Says how far the work has come."""

    def __call__(self, done: int) -> None:
        """`done` in the units of the total."""
        ...


def one_line(text: str) -> str:
    """A text without line breaks and terminal codes, which names that people give may hold."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def print_json(value: Any) -> None:
    """Write a value to stdout as indented JSON."""
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows to stdout: a table on a terminal, tabs between the columns elsewhere."""
    clean = [[one_line(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        for row in [list(columns), *clean]:
            print("\t".join(row))
        return
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column)
    for row in clean:
        # Text, because square brackets in a name are not markup.
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def print_styled(line: str, *, style: str = "") -> None:
    """Write a line to stdout, coloured on a terminal."""
    if sys.stdout.isatty():
        Console(soft_wrap=True, highlight=False).print(Text(one_line(line), style=style))
    else:
        print(one_line(line))


@contextmanager
def progress(label: str, *, total: int, clock: Callable[[], float] = time.monotonic) -> Iterator[Advance]:
    """Say on stderr how far the work is: by a bar on a terminal, by a line every ten seconds elsewhere."""
    if not sys.stderr.isatty():
        yield _spoken(label, total, clock)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.update(task, completed=done)


def _spoken(label: str, total: int, clock: Callable[[], float]) -> Advance:
    said = clock()

    def advance(done: int) -> None:
        nonlocal said
        if (now := clock()) - said >= _SAY_EVERY_S:
            said = now
            share = f" of {total:,} ({done / total:.0%})" if total else ""
            print(f"{label}: {done:,}{share}", file=sys.stderr, flush=True)

    return advance

# SPDX-License-Identifier: Apache-2.0
"""Logs in CSV files, plain or gzipped, with any column names."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TextIO

from bandit.errors import Invalid
from simulator.logs.columns import Layout, Mapped, feature_names, in_order, number, rows_of
from simulator.logs.rows import BATCH_ROWS, PIECE_ROWS, BrokenLine, Log, Rows, chained

# levels of a column beyond this many are read as none of them
MOST_LEVELS = 1000


def read_delimited(path: Path, *, mapped: Mapped | None = None) -> Log:
    """Open a CSV log: one pass to learn its arms and levels, then one for every reading.

    Raises:
        Invalid: the file is no table, has no rows, or lacks a column.
    """
    mapped = mapped or Mapped()
    header = _header(path)
    layout = Layout.of(header, mapped)
    broken: list[BrokenLine] = []
    seen = _survey(path, header, layout, broken)
    arms = in_order(seen.arms - {""})
    levels = {
        column: {level: i for i, level in enumerate(sorted(seen.words[column]))}
        for column in layout.context
        if column in seen.textual
    }
    codes = Codes(
        arms={name: i for i, name in enumerate(arms)},
        levels=levels,
        loggers={name: i for i, name in enumerate(in_order(seen.loggers))},
    )
    names = feature_names(layout, levels)
    whole = DelimitedPiece(path, header, layout, codes, start=0, at=seen.places[0], rows=None)
    if path.suffix == ".gz":
        # nothing in a packed file can be reached without unpacking all that stands before it
        return Log(arms, names, whole, tuple(broken), count=seen.count)
    pieces = tuple(
        replace(whole, start=i * PIECE_ROWS, at=at, rows=PIECE_ROWS)
        for i, at in enumerate(seen.places)
        if i * PIECE_ROWS < seen.count
    )
    return Log(arms, names, chained(pieces), tuple(broken), count=seen.count, pieces=pieces)


@dataclass(frozen=True, slots=True)
class Codes:
    """Numbers of names: of arms, of the levels of context columns, and of loggers."""

    arms: Mapping[str, int]
    levels: Mapping[str, Mapping[str, int]]
    loggers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DelimitedPiece:
    """At most `rows` rows, or all, from row `start` on, which begins at place `at` of the text."""

    path: Path
    header: Sequence[str]
    layout: Layout
    codes: Codes
    start: int
    at: int
    rows: int | None

    def __call__(self) -> Iterator[Rows]:
        """Read it in batches."""
        width = len(self.header)
        with open_text(self.path) as file:
            file.seek(self.at)
            left = islice(_rows(file, width, []), self.rows)
            start = self.start
            while batch := list(islice(left, BATCH_ROWS)):
                texts = dict(zip(self.header, zip(*batch, strict=True), strict=True))
                codes = self.codes
                yield rows_of(
                    texts,
                    self.layout,
                    arms=codes.arms,
                    levels=codes.levels,
                    loggers=codes.loggers,
                    start=start,
                )
                start += len(batch)


@dataclass
class Seen:
    """What a first pass over the file learns: codes of arms, loggers and levels, and where pieces begin."""

    arms: set[str]
    words: dict[str, set[str]]
    loggers: set[str] = field(default_factory=set)
    textual: set[str] = field(default_factory=set)
    count: int = 0
    places: list[int] = field(default_factory=list)


def _survey(path: Path, header: Sequence[str], layout: Layout, broken: list[BrokenLine]) -> Seen:
    place = {column: i for i, column in enumerate(header)}
    action, logger = place[layout.single["action"]], layout.single.get("logger")
    context = [(column, place[column]) for column in layout.context]
    seen = Seen(set(layout.vectors), {column: set() for column in layout.context})
    with open_text(path) as file:
        head = csv.reader(_by_line(file))
        next(head)
        seen.places.append(file.tell())
        for row in _rows(file, len(header), broken, before=head.line_num):
            seen.count += 1
            if seen.count % PIECE_ROWS == 0:
                seen.places.append(file.tell())
            seen.arms.add(row[action])
            if logger is not None:
                seen.loggers.add(row[place[logger]])
            for column, i in context:
                words = seen.words[column]
                if row[i] not in words and len(words) < MOST_LEVELS:
                    words.add(row[i])
                    if row[i] and math.isnan(number(row[i])):
                        seen.textual.add(column)
    if seen.count == 0:
        raise Invalid(f"log: got no rows in {path.name}; allowed one row or more", field="log")
    return seen


def open_text(path: Path) -> TextIO:
    """Open a text file, unpacking it where its name ends in .gz."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _header(path: Path) -> list[str]:
    try:
        with open_text(path) as file:
            header = next(csv.reader(file), None)
    except (UnicodeDecodeError, csv.Error, gzip.BadGzipFile, EOFError):
        raise Invalid(f"log: got {path.name}, which is no text; allowed a CSV file", field="log") from None
    if not header or len(header) < 2:
        raise Invalid(f"log: got {path.name} without a header; allowed a CSV file with one", field="log")
    return header


def _by_line(file: TextIO) -> Iterator[str]:
    # a file that is iterated cannot say where it is
    return iter(file.readline, "")


def _rows(file: TextIO, width: int, broken: list[BrokenLine], *, before: int = 0) -> Iterator[Sequence[str]]:
    """Rows from where the file is, `before` lines of which were read already."""
    reader = csv.reader(_by_line(file))
    for row in reader:
        if len(row) == width:
            yield row
        elif row:
            number = before + reader.line_num
            broken.append(BrokenLine(number, f"{len(row)} fields instead of {width}"))

# SPDX-License-Identifier: Apache-2.0
"""Logs in CSV files, plain or gzipped, with any column names."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from bandit.errors import Invalid
from simulator.logs.columns import Layout, Mapped, feature_names, in_order, number, rows_of
from simulator.logs.rows import BATCH_ROWS, BrokenLine, Log, Rows

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
    logger_codes = {name: i for i, name in enumerate(in_order(seen.loggers))}
    arm_codes = {name: i for i, name in enumerate(arms)}

    def batches() -> Iterator[Rows]:
        columns: list[list[str]] = [[] for _ in header]
        start = 0
        for row in _lines(path, len(header), []):
            for column, text in zip(columns, row, strict=True):
                column.append(text)
            if len(columns[0]) == BATCH_ROWS:
                yield as_rows(columns, start)
                start += BATCH_ROWS
                columns = [[] for _ in header]
        if columns[0]:
            yield as_rows(columns, start)

    def as_rows(columns: list[list[str]], start: int) -> Rows:
        texts = dict(zip(header, columns, strict=True))
        return rows_of(texts, layout, arms=arm_codes, levels=levels, loggers=logger_codes, start=start)

    return Log(arms, feature_names(layout, levels), batches, tuple(broken), count=seen.count)


@dataclass
class Seen:
    """What a first pass over the file learns: the codes of arms, loggers and levels."""

    arms: set[str]
    words: dict[str, set[str]]
    loggers: set[str] = field(default_factory=set)
    textual: set[str] = field(default_factory=set)
    count: int = 0


def _survey(path: Path, header: Sequence[str], layout: Layout, broken: list[BrokenLine]) -> Seen:
    place = {column: i for i, column in enumerate(header)}
    action, logger = place[layout.single["action"]], layout.single.get("logger")
    context = [(column, place[column]) for column in layout.context]
    seen = Seen(set(layout.vectors), {column: set() for column in layout.context})
    for row in _lines(path, len(header), broken):
        seen.count += 1
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


def _lines(path: Path, width: int, broken: list[BrokenLine]) -> Iterator[Sequence[str]]:
    with open_text(path) as file:
        reader = csv.reader(file)
        next(reader)
        for row in reader:
            if len(row) == width:
                yield row
            elif row:
                broken.append(BrokenLine(reader.line_num, f"{len(row)} fields instead of {width}"))

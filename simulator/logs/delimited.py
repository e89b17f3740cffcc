# SPDX-License-Identifier: Apache-2.0
"""Logs in CSV files, plain or gzipped, with any column names."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from bandit.errors import Invalid
from simulator.logs.columns import SINGLE, Layout, Mapped, feature_names, in_order, number, rows_of
from simulator.logs.dialect import Dialect, dialect_of, open_text
from simulator.logs.finding import Finding
from simulator.logs.rows import BATCH_ROWS, PIECE_ROWS, BrokenLine, Log, Rows, chained
from simulator.logs.spelling import NumberColumn, TimeColumn

# levels of a column beyond this many are read as none of them
MOST_LEVELS = 1000
# meanings of columns that hold numbers
NUMERIC = ("reward", "propensity", "mixture", "keep", "position")
# what the first cell of a row of totals says
TOTALS = frozenset({"total", "totals", "grand total", "sum", "summe", "gesamt", "totale", "suma"})


def read_delimited(path: Path, *, mapped: Mapped | None = None) -> Log:
    """Open a CSV log: one pass to learn its arms and levels, then one for every reading.

    Raises:
        Invalid: the file is no table, has no rows, or lacks a column.
    """
    mapped = mapped or Mapped()
    wanted = [getattr(mapped, name) for name in SINGLE]
    dialect, header = dialect_of(path, wanted=wanted)
    _check_header(path, header)
    layout = Layout.of(header, mapped)
    broken: list[BrokenLine] = []
    seen = Survey.of(header, layout)
    seen.read(path, dialect, broken)
    arms = in_order(seen.arms - {""})
    levels = {
        column: {level: i for i, level in enumerate(sorted(words))}
        for column, words in seen.words.items()
        if column not in seen.spelled
    }
    codes = Codes(
        arms={name: i for i, name in enumerate(arms)},
        levels=levels,
        loggers={name: i for i, name in enumerate(in_order(seen.loggers))},
        spelled=seen.spelled,
    )
    names = feature_names(layout, levels)
    found = _twins(arms)
    whole = DelimitedPiece(path, dialect, header, layout, codes, start=0, at=seen.places[0], rows=None)
    if path.suffix == ".gz":
        # nothing in a packed file can be reached without unpacking all that stands before it
        return Log(arms, names, whole, tuple(broken), count=seen.count, findings=found)
    pieces = tuple(
        replace(whole, start=i * PIECE_ROWS, at=at, rows=PIECE_ROWS)
        for i, at in enumerate(seen.places)
        if i * PIECE_ROWS < seen.count
    )
    return Log(arms, names, chained(pieces), tuple(broken), count=seen.count, pieces=pieces, findings=found)


@dataclass(frozen=True, slots=True)
class Codes:
    """Numbers of names (arms, levels of context columns, loggers), and how columns are spelled."""

    arms: Mapping[str, int]
    levels: Mapping[str, Mapping[str, int]]
    loggers: Mapping[str, int]
    spelled: Mapping[str, NumberColumn | TimeColumn]


@dataclass(frozen=True, slots=True)
class DelimitedPiece:
    """At most `rows` rows, or all, from row `start` on, which begins at place `at` of the text."""

    path: Path
    dialect: Dialect
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
            left = islice(_rows(self.dialect.rows(file), width, []), self.rows)
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
                    spelled=codes.spelled,
                    start=start,
                )
                start += len(batch)


@dataclass
class Survey:
    """What a first pass over the file learns: names, how columns are spelled, and where pieces begin."""

    header: Sequence[str]
    layout: Layout
    arms: set[str]
    words: dict[str, set[str]]
    spelled: dict[str, NumberColumn | TimeColumn]
    loggers: set[str] = field(default_factory=set)
    count: int = 0
    places: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, header: Sequence[str], layout: Layout) -> Survey:
        """Nothing seen yet."""
        single = layout.single
        numeric = [single[name] for name in NUMERIC if name in single]
        spelled: dict[str, NumberColumn | TimeColumn] = {
            column: NumberColumn(column)
            for column in [*numeric, *layout.vectors.values(), *layout.policies.values()]
        }
        # Words like yes are levels of a context column, not numbers.
        spelled |= {column: NumberColumn(column, words=False) for column in layout.context}
        if "at" in single:
            spelled[single["at"]] = TimeColumn(single["at"])
        return cls(header, layout, set(layout.vectors), {column: set() for column in layout.context}, spelled)

    def read(self, path: Path, dialect: Dialect, broken: list[BrokenLine]) -> None:
        """Read the whole file.

        Raises:
            Invalid: no rows, a row of totals, or a cell that is not spelled as its column is.
        """
        with open_text(path) as file:
            rows = dialect.rows(file)
            before = 1 + dialect.named
            for _ in range(before):
                next(rows)
            self.places.append(file.tell())
            left, last = _rows(rows, len(self.header), broken, before=0), None
            # batches end where pieces do
            while batch := list(islice(left, PIECE_ROWS)):
                self._look(batch)
                self.places.append(file.tell())
                last = batch[-1]
        if last is None:
            raise Invalid(f"log: got no rows in {path.name}; allowed one row or more", field="log")
        self._check_totals(last)
        for column in self.spelled.values():
            column.close()

    def _look(self, batch: Sequence[Sequence[str]]) -> None:
        first, cells = self.count, dict(zip(self.header, zip(*batch, strict=True), strict=True))
        self.count += len(batch)
        self.arms.update(cells[self.layout.single["action"]])
        if (logger := self.layout.single.get("logger")) is not None:
            self.loggers.update(cells[logger])
        for column, words in self.words.items():
            new = list(islice(set(cells[column]) - words, max(0, MOST_LEVELS - len(words))))
            words.update(new)
            try:
                if column in self.spelled:
                    self.spelled[column].look(new, first=first)
            except Invalid:
                # a column of the context that is no number is one of levels
                del self.spelled[column]
        for column, how in self.spelled.items():
            # Only commas, and times, must be understood over the whole column before any cell is read.
            if column not in self.words and (isinstance(how, TimeColumn) or "," in "".join(cells[column])):
                how.look(cells[column], first=first)

    def _check_totals(self, last: Sequence[str]) -> None:
        """Refuse a last row of totals, which would count as a decision."""
        words = [cell.strip().rstrip(":").lower() for cell in last if cell.strip()]
        if words and words[0] in TOTALS:
            raise Invalid(
                f"log: got a row of totals at its end, row {self.count - 1} ({words[0]!r}); "
                "allowed decisions",
                field="log",
            )


def _check_header(path: Path, header: Sequence[str]) -> None:
    if len(header) < 2:
        raise Invalid(f"log: got {path.name} without a header; allowed a CSV file with one", field="log")
    named = [name for name in header if name]
    if twice := next((name for name in named if named.count(name) > 1), None):
        raise Invalid(f"log: got the column {twice!r} twice; allowed each column once", field="log")


def _twins(arms: Sequence[str]) -> tuple[Finding, ...]:
    """Arms that are one number in two spellings, such as 7 and 007: likely one arm, counted as two."""
    by_number: dict[float, list[str]] = {}
    for arm in arms:
        value = number(arm)
        if math.isfinite(value):
            by_number.setdefault(value, []).append(arm)
    twins = [spellings for spellings in by_number.values() if len(spellings) > 1]
    if not twins:
        return ()
    text = f"arms {' and '.join(twins[0])} are one number"
    return (Finding("arm in two spellings", sum(map(len, twins)), text, False),)


def _rows(
    rows: Iterator[list[str]], width: int, broken: list[BrokenLine], *, before: int = 0
) -> Iterator[Sequence[str]]:
    """Rows of the right width; empty ones are passed over, others counted as broken lines."""
    reader: Any = rows
    while True:
        try:
            for row in rows:
                if len(row) == width:
                    if row[0] or any(row):
                        yield row
                elif any(row):
                    broken.append(
                        BrokenLine(before + reader.line_num, f"{len(row)} fields instead of {width}")
                    )
        except csv.Error as error:
            broken.append(BrokenLine(before + reader.line_num, str(error)))
        else:
            return

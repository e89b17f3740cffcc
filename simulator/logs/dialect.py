# SPDX-License-Identifier: Apache-2.0
"""How a table's file is written: in which encoding, what stands between its columns, where its header is."""

from __future__ import annotations

import codecs
import csv
import gzip
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from bandit.errors import Invalid

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written.

    Args:
        delimiter: what stands between columns.
        named: whether its first line is `sep=;`, as spreadsheets write it, and the header comes after it.
    """

    delimiter: str = ","
    named: bool = False

    def rows(self, file: TextIO) -> Iterator[list[str]]:
        """Rows from where the file is."""
        # a file that is iterated cannot say where it is
        return csv.reader(iter(file.readline, ""), delimiter=self.delimiter)


def dialect_of(path: Path, *, wanted: Collection[str]) -> tuple[Dialect, list[str]]:
    """The dialect of a file and its header: of the delimiters that which finds the columns wanted, or most.

    Raises:
        Invalid: it is no text, or no table with a header.
    """
    try:
        with open_text(path) as file:
            first = file.readline()
            named = first.strip().lower().startswith("sep=")
            line = file.readline() if named else first
            while line.count('"') % 2 and (more := file.readline()):
                line += more
    except (UnicodeError, gzip.BadGzipFile, EOFError):
        raise _no_text(path) from None
    if "\0" in line:
        raise _no_text(path)
    given = first.strip()[4:5] or "\t"
    found: list[tuple[Dialect, list[str]]] = []
    for delimiter in given if named else _DELIMITERS:
        header = next(csv.reader([line], delimiter=delimiter), [])
        found.append((Dialect(delimiter, named), [name.strip() for name in header]))
    return max(found, key=lambda one: (len(set(wanted) & set(one[1])), len(one[1])))


def _no_text(path: Path) -> Invalid:
    return Invalid(f"log: got {path.name}, which is no text; allowed a CSV file", field="log")


def open_text(path: Path, *, errors: str = "strict") -> TextIO:
    """Open a text file in the encoding that its first bytes say, UTF-8 if none; unpack one named .gz.

    Args:
        path: the file.
        errors: what becomes of bytes that are no text, as `open` takes it.
    """
    with _opened(path) as file:
        start = file.read(3)
    encoding = next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding=encoding, errors=errors, newline=""))
    return path.open(encoding=encoding, errors=errors, newline="")


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")

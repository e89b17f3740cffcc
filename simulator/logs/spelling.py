# SPDX-License-Identifier: Apache-2.0
"""How numbers and times of a column are spelled, learned from the whole column before any is believed.

A comma is a decimal one where some number of the column says so (`0,25`; `1.234,5`) and one of thousands
where some number says that (`1,234,567`; `1,234.5`). Where none does, or they disagree, the column is
refused: read wrongly it would give answers that look right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from bandit.errors import Invalid
from simulator.logs.partition import Floats

MISSING = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "\\n"})
TRUTH = {"true": 1.0, "yes": 1.0, "y": 1.0, "false": 0.0, "no": 0.0, "n": 0.0}
_AROUND = " \t\u00a0\u202f'€$£¥"
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{3})+")
_DATE = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?)?")
# Numbers of seconds since 1970 are smaller than the first until the year 5138; then come milliseconds.
_MILLIS, _MICROS = 1e11, 1e14


@dataclass
class NumberColumn:
    """What the cells of a column of numbers say about how they are spelled.

    Args:
        name: of the column, for what is said of it.
        words: whether TRUE, no and the like are numbers.
    """

    name: str
    words: bool = True
    comma: str = ""
    doubtful: tuple[int, str] | None = None

    def look(self, texts: Sequence[str], *, first: int) -> None:
        """Look at cells, the first of which is in row `first`.

        Raises:
            Invalid: a cell is no number, or contradicts an earlier one.
        """
        try:
            np.array(texts, dtype=np.float64)
        except ValueError:
            for row, text in enumerate(texts, start=first):
                self._look(text, row)

    def _look(self, text: str, row: int) -> None:
        bare = _bare(text).rstrip("% ")
        if bare.lower() in MISSING or (self.words and bare.lower() in TRUTH) or _plain(bare) is not None:
            return
        if "," not in bare:
            raise self.refused(text, row, "a number")
        tail = bare.rpartition(",")[2]
        if "." in bare:
            says = "decimal" if bare.rindex(",") > bare.rindex(".") else "thousands"
        elif bare.count(",") > 1:
            says = "thousands"
        elif len(tail) != 3 or bare.lstrip("+-").startswith("0,"):
            says = "decimal"
        else:
            self.doubtful = self.doubtful or (row, text)
            return
        if self.comma not in ("", says):
            raise self.refused(text, row, f"a comma for {self.comma} only, as in the rows before")
        if self._read(bare, says) is None:
            raise self.refused(text, row, "a number")
        self.comma = says

    def close(self) -> None:
        """Raise Invalid where the whole column does not tell what its commas are."""
        if self.doubtful is not None and not self.comma:
            row, text = self.doubtful
            raise self.refused(text, row, "numbers that tell whether commas are decimal or of thousands")

    def numbers(self, texts: Sequence[str], *, first: int) -> Floats:
        """Cells as numbers, NaN where they are missing."""
        if self.comma != "decimal":
            try:
                return np.array(texts, dtype=np.float64)
            except ValueError:
                pass  # some are spelled otherwise
        return np.array([self._number(text, row) for row, text in enumerate(texts, start=first)])

    def _number(self, text: str, row: int) -> float:
        bare = _bare(text)
        if bare.lower() in MISSING:
            return float("nan")
        if self.words and bare.lower() in TRUTH:
            return TRUTH[bare.lower()]
        value = self._read(bare, self.comma)
        if value is None:
            raise self.refused(text, row, "a number spelled as the others")
        return value

    def _read(self, bare: str, comma: str) -> float | None:
        percent = bare.endswith("%")
        bare = bare.rstrip("% ")
        if comma == "decimal":
            whole, point, rest = bare.partition(",")
            if "." in whole and not _GROUPED.fullmatch(whole):
                return None
            bare = whole.replace(".", "") + ("." if point else "") + rest
        elif comma == "thousands" and "," in bare:
            whole, point, rest = bare.partition(".")
            if not _GROUPED.fullmatch(whole):
                return None
            bare = whole.replace(",", "") + point + rest
        value = _plain(bare)
        return None if value is None else value / 100 if percent else value

    def refused(self, text: str, row: int, allowed: str) -> Invalid:
        """The error for a cell."""
        return Invalid(f"column {self.name}: got {text!r} in row {row}; allowed {allowed}", field=self.name)


@dataclass
class TimeColumn:
    """What the cells of a column of times say about how they are spelled."""

    name: str
    per_second: float = 0.0
    day_first: bool | None = None
    doubtful: tuple[int, str] | None = None

    def look(self, texts: Sequence[str], *, first: int) -> None:
        """Look at cells; raise Invalid for one that is no time, or contradicts an earlier one."""
        for row, text in enumerate(texts, start=first):
            if text[4:5] == "-":
                continue  # ISO 8601 is what it is; one that is none is refused when it is read
            bare = text.strip()
            if bare.lower() in MISSING:
                continue
            if (value := _plain(bare)) is not None:
                scale = 1.0 if abs(value) < _MILLIS else 1e3 if abs(value) < _MICROS else 1e6
                if self.per_second not in (0.0, scale):
                    raise self.refused(text, row, "seconds, milliseconds or microseconds throughout")
                self.per_second = scale
            elif (date := _DATE.fullmatch(bare)) is not None:
                self._look_at_date(date, text, row)
            elif _iso(bare) is None:
                raise self.refused(text, row, "seconds since 1970, or ISO 8601 such as 2026-04-03T12:00:00Z")

    def _look_at_date(self, date: re.Match[str], text: str, row: int) -> None:
        one, other = int(date[1]), int(date[3])
        if date[2] == "." or one > 12:
            says = True
        elif other > 12:
            says = False
        else:
            self.doubtful = self.doubtful or (row, text)
            return
        if self.day_first not in (None, says):
            raise self.refused(text, row, "days before months, or after them, throughout")
        self.day_first = says

    def close(self) -> None:
        """Raise Invalid where the whole column does not tell days from months."""
        if self.doubtful is not None and self.day_first is None:
            row, text = self.doubtful
            raise self.refused(text, row, "dates of which one tells days from months, or ISO 8601")

    def seconds(self, texts: Sequence[str], *, first: int) -> Floats:
        """Cells as seconds since 1970, NaN where they are missing; times without a zone are UTC."""
        return np.array([self._seconds(text, row) for row, text in enumerate(texts, start=first)])

    def _seconds(self, text: str, row: int) -> float:
        bare = text.strip()
        if bare.lower() in MISSING:
            return float("nan")
        if (value := _plain(bare)) is not None:
            return value / (self.per_second or 1.0)
        if (date := _DATE.fullmatch(bare)) is not None:
            one, other, year, hour, minute, second = (int(date[i] or 0) for i in (1, 3, 4, 5, 6, 7))
            day, month = (one, other) if self.day_first else (other, one)
            try:
                return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
            except ValueError:
                raise self.refused(text, row, "a time that there is") from None
        at = _iso(bare)
        if at is None:
            raise self.refused(text, row, "a time spelled as the others")
        return at

    def refused(self, text: str, row: int, allowed: str) -> Invalid:
        """The error for a cell."""
        return Invalid(f"column {self.name}: got {text!r} in row {row}; allowed {allowed}", field=self.name)


def _bare(text: str) -> str:
    """A cell without what stands around a number."""
    return text.strip(_AROUND).replace("\u00a0", "").replace("\u202f", "").replace("'", "")


def _plain(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _iso(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()

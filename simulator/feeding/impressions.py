# SPDX-License-Identifier: Apache-2.0
"""Impressions as a front end logged them: what was known, what was shown, whether it was clicked.

The columns are those of the Open Bandit Dataset (Saito, Aihara, Matsutani & Narita 2020): `item_id`,
`click`, and what was known in `user_feature_*` and `position`; a column `user_id` is used where there is
one, others are not read.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bandit.core.decoding import shorten
from bandit.core.values import Scalar
from bandit.errors import Invalid

ITEMS = "item_context.csv"
_KNOWN = "user_feature_"
_ALSO_KNOWN = "position"


class Impression(NamedTuple):
    """One arm shown to somebody; `user` is empty where the log does not say who it was."""

    arm: str
    click: float
    context: dict[str, str]
    user: str = ""


@dataclass(frozen=True, slots=True)
class RecordedLog:
    """A log in memory.

    Args:
        arms: all that could be shown, with their features.
        impressions: in the order in which they were logged.
    """

    arms: Mapping[str, Mapping[str, Scalar]]
    impressions: list[Impression]

    @property
    def levels(self) -> dict[str, list[str]]:
        """The levels of each field of the context."""
        seen: dict[str, set[str]] = {}
        for each in self.impressions:
            for name, level in each.context.items():
                seen.setdefault(name, set()).add(level)
        return {name: sorted(levels) for name, levels in seen.items()}

    @property
    def click_rate(self) -> float:
        """Of the log itself."""
        return sum(each.click for each in self.impressions) / len(self.impressions)


def read_impressions(path: Path, *, limit: int | None = None) -> RecordedLog:
    """Read a log: a CSV file, or a folder with one, and beside it what is known about the items.

    Raises:
        Invalid: there is no such log, or a line of it is not an impression; names the line.
    """
    file = _log_file(path)
    impressions: list[Impression] = []
    for number, row in _rows(file, required=("item_id", "click")):
        if limit is not None and len(impressions) == limit:
            break
        impressions.append(_impression(row, where=f"{file.name} line {number}"))
    if not impressions:
        raise Invalid(f"log: got no impressions in {file.name}; allowed one or more", field="log")
    return RecordedLog(_arms(file.parent / ITEMS, impressions), impressions)


def _log_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    files = sorted(file for file in path.glob("*.csv") if file.name != ITEMS)
    if len(files) != 1:
        raise Invalid(
            f"log: got {len(files)} logs in {path}; allowed one CSV file beside {ITEMS}", field="log"
        )
    return files[0]


def _rows(file: Path, *, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines of a CSV file by column, with their numbers."""
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream)
            columns = reader.fieldnames or []
            if missing := [name for name in required if name not in columns]:
                raise Invalid(
                    f"log: got {file.name} without the column '{missing[0]}'; allowed a CSV file "
                    f"with {' and '.join(required)}",
                    field="log",
                )
            for row in reader:
                if None in row or None in row.values():
                    raise Invalid(
                        f"log: got {file.name} line {reader.line_num} with another number of fields; "
                        f"allowed {len(columns)}",
                        field="log",
                    )
                yield reader.line_num, row
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Invalid(f"log: got {file} ({reason}); allowed a file that can be read", field="log") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"log: got {file.name}, which is not CSV ({error})", field="log") from None


def _impression(row: Mapping[str, str], *, where: str) -> Impression:
    click = _number(row["click"])
    if click is None or not 0 <= click <= 1:
        raise Invalid(f"click: got {shorten(row['click'])} in {where}; allowed 0 to 1", field="click")
    known = {
        name: value
        for name, value in row.items()
        if value and (name.startswith(_KNOWN) or name == _ALSO_KNOWN)
    }
    return Impression(row["item_id"], click, known, row.get("user_id", ""))


def _arms(file: Path, impressions: list[Impression]) -> dict[str, dict[str, Scalar]]:
    """The items of the catalogue that came with the log, else those that were shown."""
    if not file.exists():
        return {arm: {} for arm in sorted({each.arm for each in impressions}, key=_natural)}
    arms: dict[str, dict[str, Scalar]] = {}
    for _, row in _rows(file, required=("item_id",)):
        features = {name: value for name, value in row.items() if name.startswith("item_feature_") and value}
        arms[row["item_id"]] = {
            name: value if (number := _number(value)) is None else number for name, value in features.items()
        }
    if strangers := {each.arm for each in impressions} - set(arms):
        raise Invalid(f"log: got item {shorten(min(strangers))}; allowed those in {file.name}", field="log")
    return arms


def _natural(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (-1, name)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None

# SPDX-License-Identifier: Apache-2.0
"""Tables as spreadsheets and other countries write them: read right, or refused with row and value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import Invalid
from simulator.logs.columns import Mapped
from simulator.logs.delimited import read_delimited
from simulator.logs.rows import Log, Rows
from simulator.logs.spelling import NumberColumn, TimeColumn

COLUMNS = Mapped.parse("at=when")
HEADER = "action,reward,propensity,when"
PLAIN = [("a", "1", "0.25", "2026-12-31T10:00:00Z"), ("b", "0", "0.75", "2026-12-31T10:00:01Z")]


def written(path: Path, text: str, *, encoding: str = "utf-8") -> Log:
    """The log of a text."""
    path.write_bytes(text.encode(encoding))
    return read_delimited(path, mapped=COLUMNS)


def table(separator: str, rows: Sequence[tuple[str, ...]] = PLAIN) -> str:
    """Rows under the header, with another separator."""
    lines = [tuple(HEADER.split(",")), *rows]
    return "\n".join(separator.join(line) for line in lines) + "\n"


def same(log: Log) -> None:
    """Hold that the log is that of the plain table."""
    (rows,) = log.batches()
    assert log.arms == ("a", "b")
    assert (rows.reward.tolist(), rows.action.tolist()) == ([1.0, 0.0], [0, 1])
    assert rows.propensity is not None
    assert rows.propensity.tolist() == [0.25, 0.75]
    assert rows.at is not None
    assert (rows.at - rows.at[0]).tolist() == [0.0, 1.0]
    assert rows.at[0] == 1798711200.0


EUROPEAN = [("a", "1", "0,25", "31.12.2026 10:00:00"), ("b", "0", "0,75", "31.12.2026 10:00:01")]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (table(","), "utf-8"),
        (table(","), "utf-8-sig"),
        (table(","), "utf-16"),
        (table(";"), "utf-8"),
        (table("\t"), "utf-16"),
        (table("|"), "utf-8"),
        ("sep=;\n" + table(";"), "utf-8"),
        ("sep=,\r\n" + table(",").replace("\n", "\r\n"), "utf-8"),
        (table(",") + ",,,\n,,,\n\n", "utf-8"),
        (table(";", EUROPEAN), "utf-8"),
        (table(",", [("a", "TRUE", "25%", PLAIN[0][3]), ("b", "FALSE", "75 %", PLAIN[1][3])]), "utf-8"),
        (table(",", [("a", "yes", "2.5e-1", "1798711200"), ("b", "No", "0.75", "1798711201")]), "utf-8"),
        (table(",", [("a", "$1", "0.25", "1798711200000"), ("b", "0 €", "0.75", "1798711201000")]), "utf-8"),
        (
            table(
                ",", [("a", "1", "0.25", "12/31/2026 10:00:00"), ("b", "0", "0.75", "12/31/2026 10:00:01")]
            ),
            "utf-8",
        ),
        (table(",").replace("\na,", '\n"a",'), "utf-8"),
    ],
)
def test_the_same_table_however_it_is_written(tmp_path: Path, text: str, encoding: str) -> None:
    """Separators, encodings, decimal commas, words, signs and dates of the day first give the same rows."""
    same(written(tmp_path / "log.csv", text, encoding=encoding))


def row(*cells: str) -> str:
    """The plain table with another first row."""
    return table(",", [cells, PLAIN[1]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (row("a", "one", "0.25", ""), r"column reward: got 'one' in row 0; allowed a number"),
        (row("a", '"1,234"', "0.25", ""), r"column reward: got '1,234' in row 0; allowed numbers that tell"),
        (
            table(";", [("a", "1,5", "0,25", ""), ("b", "1,234.5", "0,75", "")]),
            r"column reward: got '1,234.5' in row 1",
        ),
        (
            row("a", "1", "0.25", "03/04/2026"),
            r"column when: got '03/04/2026' in row 0; allowed dates",
        ),
        (
            row("a", "1", "0.25", "yesterday"),
            r"column when: got 'yesterday' in row 0; allowed seconds",
        ),
        (
            table(",", [("a", "1", "0.25", "1798711200"), ("b", "0", "0.75", "1798711201000")]),
            r"column when: got '1798711201000' in row 1; allowed seconds, milliseconds",
        ),
        (
            table(",", [("a", "1", "0.25", "31/12/2026"), ("b", "0", "0.75", "12/31/2026")]),
            r"column when: got '12/31/2026' in row 1; allowed days before months, or after them",
        ),
        (table(",") + "Total,1,1,\n", r"log: got a row of totals at its end, row 2 \('total'\)"),
        (table(",").replace("when", "reward"), r"log: got the column 'reward' twice"),
        ("action\0,reward\n", "which is no text"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    """The row, the value and what is allowed; never an answer from numbers that were read wrongly."""
    with pytest.raises(Invalid, match=message) as refused:
        list(written(tmp_path / "log.csv", text).batches())
    assert "\n" not in refused.value.message


def test_arms_in_two_spellings_are_a_finding(tmp_path: Path) -> None:
    """1 and 1.0, 007 and 7: likely one arm each, and said so; names keep their spelling."""
    arms = ("1", "1.0", "007", "7", "8")
    log = written(tmp_path / "log.csv", table(",", [(arm, "1", "0.5", "") for arm in arms]))
    assert set(log.arms) == set(arms)
    [found] = log.findings
    assert (found.name, found.count, found.dropped) == ("arm in two spellings", 4, False)


def test_levels_of_a_context_column_stay_words(tmp_path: Path) -> None:
    """yes and no are levels of a column of the context, where they are rewards in the column of rewards."""
    text = "action,reward,propensity,when,x_member\na,yes,0.5,,yes\nb,no,0.5,,no\n"
    log = written(tmp_path / "log.csv", text)
    rows: Rows = next(iter(log.batches()))
    assert log.features == ("x_member=no", "x_member=yes")
    assert rows.reward.tolist() == [1.0, 0.0]


@given(st.lists(st.text(max_size=12), min_size=1, max_size=5))
def test_cells_are_read_or_refused_whatever_they_hold(cells: list[str]) -> None:
    """No text in a cell ends in anything but numbers or one clear error."""
    for column in (NumberColumn("c"), TimeColumn("c")):
        try:
            column.look(cells, first=1)
            column.close()
            read = column.numbers if isinstance(column, NumberColumn) else column.seconds
            found = len(read(cells, first=1)), ""
        except Invalid as refused:
            found = len(cells), refused.message
        assert found[0] == len(cells)
        assert found[1] == "" or found[1].startswith("column c: got ")

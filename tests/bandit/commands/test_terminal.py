# SPDX-License-Identifier: Apache-2.0
"""What commands show on a terminal, and elsewhere."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout

import pytest

from bandit.commands.terminal import print_styled, print_table, progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terminals here have colours and 60 columns."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")


def test_a_table_on_a_terminal_is_aligned() -> None:
    """Columns stand below each other, and brackets in a cell are no markup."""
    with redirect_stdout(Terminal()) as terminal:
        print_table(("id", "name"), [("1", "[red]a[/red]"), ("22222", "b")])
    lines = terminal.getvalue().splitlines()
    assert "[red]a[/red]" in lines[1]
    assert lines[1].index("[red]") == lines[2].index("b")


def test_a_table_elsewhere_has_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs get tabs between columns, and a cell can never break a line or a column."""
    print_table(("id", "name"), [("1", "a\tb\nc")])
    assert capsys.readouterr().out == "id\tname\n1\ta\\tb\\nc\n"


def test_a_styled_line_is_coloured_on_a_terminal_only() -> None:
    """Colour codes go to terminals alone; a long line is not cut."""
    with redirect_stdout(Terminal()) as terminal:
        print_styled("+ " + "x" * 100, style="green")
    assert terminal.getvalue().count("\n") == 1
    assert "\x1b[32m+ " + "x" * 100 in terminal.getvalue()
    with redirect_stdout(io.StringIO()) as elsewhere:
        print_styled("+ x", style="green")
    assert elsewhere.getvalue() == "+ x\n"


def test_progress_shows_on_a_terminal() -> None:
    """Long work has a bar, on the standard error alone."""
    with redirect_stdout(Terminal()) as out, redirect_stderr(Terminal()) as err:  # noqa: SIM117
        with progress("exporting", total=4) as advance:
            advance(4)
    assert "exporting" in err.getvalue()
    assert out.getvalue() == ""


def test_progress_is_said_every_ten_seconds_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """A log file is not filled with bars, but whoever waits learns how far the work is."""
    times = iter([0.0, 9.0, 10.0, 12.0, 21.0])
    with progress("exporting", total=4000, clock=lambda: next(times)) as advance:
        for done in (500, 1000, 2000, 4000):
            advance(done)
    said = "exporting: 1,000 of 4,000 (25%)\nexporting: 4,000 of 4,000 (100%)\n"
    assert capsys.readouterr() == ("", said)

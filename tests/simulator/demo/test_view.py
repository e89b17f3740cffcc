# SPDX-License-Identifier: Apache-2.0
"""The live view fits a terminal and tells every promo's fate."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from simulator.demo.standing import Standing
from simulator.demo.view import bar, view
from simulator.worlds.promos import PLACEMENT, sample_catalogue


def drawn(standing: Standing) -> list[str]:
    """The lines of the view on a terminal of 80 columns."""
    console = Console(width=80, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(view(standing))
    return capture.get().rstrip("\n").split("\n")


def row(lines: list[str], beginning: str) -> str:
    """The line of a promo."""
    return next(line for line in lines if line.lstrip().startswith(beginning))


def test_view_fits_a_terminal(standing: Standing) -> None:
    """It takes at most 24 lines of 80 columns, so nothing scrolls away."""
    standing.met.failed, standing.met.problem = 3, "x" * 500
    lines = drawn(standing)
    assert len(lines) <= 24
    assert max(cell_len(line) for line in lines) <= 80


def test_view_shows_every_promo(standing: Standing) -> None:
    """Each promo has its line: with numbers when it is shown, with the reason when it is not."""
    lines = drawn(standing)
    assert "10.0 %" in row(lines, "Linen shirts")
    assert "8.0 %" in row(lines, "Linen shirts")
    assert "0.0 to 17.0" in row(lines, "Linen shirts")
    assert "paused" in row(lines, "Clearance")
    assert "starts 2035-03-01" in row(lines, "The spring")


def test_view_compares_the_three_rates(standing: Standing) -> None:
    """Learned, holdout and oracle stand below each other, with what was achieved."""
    lines = drawn(standing)
    assert "10.0 %" in row(lines, "oracle")
    assert "2.0 x the holdout, 80 % of the oracle" in row(lines, "learned")
    assert "4.0 %" in row(lines, "holdout")
    assert any("http://127.0.0.1:8080/console/" in line for line in lines)


def test_view_of_the_beginning(early: Standing) -> None:
    """Before the first visitor there is a view too."""
    assert "–" in row(drawn(early), "learned")


def test_promo_without_a_title_is_shown_by_name(standing: Standing) -> None:
    """What a marketer adds without a payload has its name."""
    arms = dict(sample_catalogue()[PLACEMENT].arms)
    del arms["linen-shirts"]
    standing.placement = standing.placement.__class__(arms=arms)
    assert "deleted" in row(drawn(standing), "linen-shirts")


@pytest.mark.parametrize(
    ("share", "cells"), [(-1.0, "    "), (0.0, "    "), (0.5, "██  "), (0.53125, "██▏ "), (2.0, "████")]
)
def test_bar_is_as_long_as_its_share(share: float, cells: str) -> None:
    """A bar grows by eighths of a character and never beyond its width."""
    assert bar(share, width=4) == cells

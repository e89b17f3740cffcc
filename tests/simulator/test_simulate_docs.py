# SPDX-License-Identifier: Apache-2.0
"""docs/simulate.md names everything that can be typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bandit.cli import parser_of
from simulator.commands.simulate import command
from simulator.simulation.as_json import MEANS
from simulator.worlds.table import WORLDS

PAGE = (Path(__file__).parents[2] / "docs" / "simulate.md").read_text(encoding="utf-8")
OPTIONS = [
    option
    for action in parser_of(command)._actions
    for option in action.option_strings
    if option.startswith("--") and option != "--help"
]


@pytest.mark.parametrize("name", WORLDS)
def test_worlds_are_documented_with_their_settings(name: str) -> None:
    """Every world has a row that names each of its settings with its default."""
    (row,) = re.findall(rf"^\| `{name}` \|.*$", PAGE, flags=re.MULTILINE)
    fields, defaults = WORLDS[name].__struct_fields__, WORLDS[name].__struct_defaults__
    for field, default in zip(fields, defaults, strict=True):
        shown = "" if default == "" else f" {str(default).lower().removesuffix('.0')}"
        assert f"`{field}`{shown}" in row
    assert f"{WORLDS[name].rounds:,}" in row


@pytest.mark.parametrize("option", OPTIONS)
def test_options_are_documented(option: str) -> None:
    """Every option of the command stands in the page."""
    assert f"`{option}" in PAGE


@pytest.mark.parametrize("name", MEANS)
def test_fields_of_json_are_documented(name: str) -> None:
    """What a script may read has a name in the page."""
    assert f"`{name}`" in PAGE

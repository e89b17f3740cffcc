# SPDX-License-Identifier: Apache-2.0
"""The pages on the command line and the settings name everything there is."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import MISSING, fields
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from bandit import settings
from bandit.cli import GROUP, parser_of
from bandit.commands.settings_source import variables
from bandit.settings import Settings

DOCS = Path(__file__).resolve().parents[3] / "docs"
OURS = [point for point in entry_points(group=GROUP) if point.value.startswith("bandit.")]


def options(parser: ArgumentParser) -> Iterator[str]:
    """The long options of a command and of its actions."""
    for action in parser._actions:
        yield from (name for name in action.option_strings if name.startswith("--") and name != "--help")
        if isinstance(action.choices, dict):
            for below in action.choices.values():
                yield from options(below)


def section(name: str) -> str:
    """What the page says about a command."""
    page = (DOCS / "command-line.md").read_text("utf-8")
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/command-line.md: got no section {name}"
    return found[1]


@pytest.mark.parametrize("name", [point.name for point in OURS])
def test_every_option_is_documented(name: str) -> None:
    """The section of a command has all of its options."""
    (point,) = (point for point in OURS if point.name == name)
    text = section(name)
    names = {option for option in options(parser_of(point.load())) if option != "--output"}
    assert {option for option in names if option not in text} == set()


@pytest.mark.parametrize("field", fields(Settings), ids=lambda field: field.name)
def test_every_setting_is_documented(field: object) -> None:
    """The table of settings has a row for each, with its variable and its default."""
    name, default = getattr(field, "name", ""), getattr(field, "default", MISSING)
    (row,) = re.findall(rf"^\| `{name}` \|.*$", (DOCS / "settings.md").read_text("utf-8"), re.MULTILINE)
    if name != "authenticate":
        assert f"`{variables().get(name, f'SLOTWISE_{name.upper()}')}`" in row
    if default is not MISSING:
        assert f"| `{default}` |" in row


def test_every_variable_is_documented() -> None:
    """Whatever variable the code names is in the page on settings."""
    package = Path(settings.__file__).parent
    sources = [path.read_text("utf-8") for path in [*package.glob("*.py"), *package.glob("commands/**/*.py")]]
    named = {name for text in sources for name in re.findall(r"SLOTWISE_[A-Z_]+[A-Z]", text)}
    assert named >= {"SLOTWISE_URL", "SLOTWISE_PORT"}
    page = (DOCS / "settings.md").read_text("utf-8")
    assert {name for name in named if f"`{name}`" not in page} == set()

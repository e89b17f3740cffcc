# SPDX-License-Identifier: Apache-2.0
"""The pages of the adapters say everything that the code declares."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from adapters import ADAPTERS, INJECTED
from adapters.consent import PURPOSES
from adapters.countries import COUNTRIES
from adapters.weather_providers import PROVIDERS

PAGES = Path(__file__).parents[2] / "docs" / "adapters"


def rows(name: str) -> dict[str, str]:
    """The rows of a page's tables by each word in code style of their first cell."""
    lines = [
        line for line in (PAGES / f"{name}.md").read_text("utf-8").splitlines() if line.startswith("| `")
    ]
    return {word: line for line in lines for word in re.findall(r"`([^`]+)`", line.split(" | ")[0])}


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_field_has_a_row(name: str) -> None:
    """A field's row gives its kind, its purpose, and its levels or its range."""
    page = rows(name)
    for field in ADAPTERS[name].fields:
        row = page[field.name]
        assert f"| {field.kind} |" in row
        assert row.rstrip(" |").endswith(field.purpose)
        if field.kind == "number":
            assert f"{field.low:g} to {field.high:g}" in row
        elif field.levels == COUNTRIES:
            assert f"{len(COUNTRIES)} codes" in row
        elif field.levels:
            assert ", ".join(field.levels) in row
        else:
            assert "open" in row


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_setting_has_a_row(name: str) -> None:
    """A setting that can be given is explained."""
    settings = [each for each in inspect.signature(ADAPTERS[name]).parameters if each not in INJECTED]
    assert [each for each in settings if each not in rows(name)] == []


@pytest.mark.parametrize("name", ADAPTERS)
def test_every_page_says_what_missing_means(name: str) -> None:
    """A page says where the data comes from, under which terms, and when it is missing."""
    text = (PAGES / f"{name}.md").read_text("utf-8")
    assert "**When it is missing.**" in text
    assert "**Source.**" in text or "| terms |" in text


def test_every_provider_has_a_row() -> None:
    """A weather provider's row has the attribution that it demands."""
    page = rows("weather")
    for name, provider in PROVIDERS.items():
        assert provider.attribution in page[name]
        assert f"{provider.per_day:,} a day" in page[name]


def test_every_purpose_has_a_row() -> None:
    """The page on consent explains each purpose."""
    assert set(PURPOSES) <= rows("consent-and-quality").keys()


def test_the_overview_links_every_page() -> None:
    """The overview leads to all pages beside it."""
    linked = set(re.findall(r"\]\(([a-z-]+\.md)\)", (PAGES / "README.md").read_text("utf-8")))
    assert {page.name for page in PAGES.glob("*.md")} - {"README.md"} == linked

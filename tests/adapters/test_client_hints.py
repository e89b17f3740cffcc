# SPDX-License-Identifier: Apache-2.0
"""Client hints: structured headers read by hand."""

from __future__ import annotations

import pytest

from adapters.client_hints import LONGEST, NO_HINTS, flag, read, strings


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"macOS"', ["macos"]),
        ('"Chromium";v="156", "Google Chrome";v="156"', ["chromium", "156", "google chrome", "156"]),
        (r'"a \"quoted\" name"', ['a "quoted" name']),
        ("Android", []),
        ('"unclosed', []),
    ],
)
def test_strings(value: str, expected: list[str]) -> None:
    """Only quoted strings count, unescaped and in lower case."""
    assert strings(value) == expected


@pytest.mark.parametrize(("value", "expected"), [("?1", True), (" ?0 ", False), ("1", None), ("", None)])
def test_flags(value: str, expected: bool | None) -> None:
    """A structured boolean is a question mark and a digit."""
    assert flag(value) is expected


@pytest.mark.parametrize("headers", [None, [], "x", {}, {1: "?1"}, {"sec-ch-ua-mobile": None}, {"x": "y"}])
def test_no_hints(headers: object) -> None:
    """Anything that is no mapping of hint headers to strings holds no hints."""
    assert read(headers) == NO_HINTS


def test_a_flood_of_headers_is_not_read() -> None:
    """A mapping with more headers than a browser sends is ignored, and a long value is cut."""
    flood = {f"x-{number}": "y" for number in range(100)} | {"sec-ch-ua-mobile": "?1"}
    assert read(flood) == NO_HINTS
    assert len(read({"sec-ch-ua": "x" * 10_000}).brands) == LONGEST

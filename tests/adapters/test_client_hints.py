# SPDX-License-Identifier: Apache-2.0
"""Client hints: structured headers read by hand."""

from __future__ import annotations

import pytest

from adapters.client_hints import LONGEST, NO_HINTS, flag, read, refused, strings


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


AS_SCRIPTS_KNOW_THEM = {
    "brands": [{"brand": "Google Chrome", "version": "137"}, {"brand": "Chromium", "version": "137"}],
    "mobile": True,
    "platform": "Android",
    "model": "Pixel 9",
    "formFactors": ["Mobile"],
}


@pytest.mark.parametrize(
    "hints",
    [
        AS_SCRIPTS_KNOW_THEM,
        {"Sec-CH-UA": '"Google Chrome";v="137", "Chromium";v="137"', "Sec-CH-UA-Mobile": "1",
         "Sec-CH-UA-Platform": "Android", "Sec-CH-UA-Model": "Pixel 9", "Sec-CH-UA-Form-Factors": "Mobile"},
    ],
)  # fmt: skip
def test_hints_of_scripts_and_bare_words(hints: object) -> None:
    """What a page's script knows, and headers whose quotes were lost, say the same as the headers."""
    found = read(hints)
    assert (strings(found.brands)[0], flag(found.mobile)) == ("google chrome", True)
    assert [strings(each) for each in (found.platform, found.model, found.form_factors)] == [
        ["android"], ["pixel 9"], ["mobile"],
    ]  # fmt: skip
    assert refused(hints) == {}


@pytest.mark.parametrize(
    ("hints", "names"),
    [
        ({"Sec-CH-UA-Mobile": "maybe"}, [".Sec-CH-UA-Mobile"]),
        ({"platform": 7, "mobile": None, "model": ""}, [".platform"]),
        ({"brands": [{"name": "x"}], "Accept": 7}, [".brands"]),
        ({"Sec-CH-UA-Platform": '"unclosed'}, [".Sec-CH-UA-Platform"]),
        ("Android", [""]),
        ({str(number): "" for number in range(65)}, [""]),
    ],
)
def test_hints_that_cannot_be_are_refused(hints: object, names: list[str]) -> None:
    """A hint of another form is named; what nobody reads is not."""
    assert list(refused(hints)) == names

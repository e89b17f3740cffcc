# SPDX-License-Identifier: Apache-2.0
"""A caller's context becomes fields with dotted names, or is refused."""

from __future__ import annotations

from typing import Any

import pytest

from bandit.core.flatten import flatten
from bandit.errors import Invalid


def test_nested_context_becomes_dotted_fields() -> None:
    """Objects nest, lists become sets of levels, null is not known, numbers are floats."""
    context = {
        "page": {"section": "news", "depth": 2, "ad": None},
        "tags": ["b", "a", 7, True, "b", 7.0],
        "none": [],
        "vip": True,
    }
    assert flatten(context) == {
        "page.section": "news",
        "page.depth": 2.0,
        "tags": ("7", "a", "b", "true"),
        "none": (),
        "vip": True,
    }
    assert type(flatten({"n": 2})["n"]) is float


def test_raw_input_of_adapters_never_becomes_a_field() -> None:
    """What adapters read is left out, also under a name that is dotted already."""
    context = {"location": {"ip": "192.0.2.1"}, "location.ip": "192.0.2.1", "locations": 1}
    assert flatten(context, without=frozenset({"location"})) == {"locations": 1.0}


@pytest.mark.parametrize(
    ("context", "field", "words"),
    [
        ({"a": {"b": {"c": {"d": {}}}}}, "context.a.b.c.d", "nested deeper; allowed 4 levels"),
        ({"a": ["x"] * 65}, "context.a", "got a list of 65; allowed at most 64"),
        ({f"f{n}": [1, 2, 3, 4, 5] for n in range(52)}, "context", "more than 256 fields"),
        ({"a": [float("inf")]}, "context.a", "got inf; allowed numbers"),
        ({"a": ["x", ["y"]]}, "context.a", "a list with a list;"),
        ({"a": [{"mail": "jane@example.org"}]}, "context.a", "got a list with an object; allowed"),
        ({"a": [None]}, "context.a", "a list with null;"),
        ({"a": "x" * 257}, "context.a", "got 257 characters"),
        ({"a": 1e19}, "context.a", "got 1e+19"),
        ({"a": -(10**400)}, "context.a", "numbers of at most 1e+18"),
        ({"a": float("nan")}, "context.a", "got nan"),
        ({"a": b"x"}, "context.a", "got something that is not JSON"),
        ({"a": "jane\ud800"}, "context.a", "context.a: got half a surrogate pair in it; allowed text"),
        ({"\udfff": 1}, "context.'\\udfff'", "a name that is no text"),
        ({"n" * 300: 1}, f"context.{'n' * 40}...", "a name of 300 characters"),
        ({"a": ["x" * 257]}, "context.a", "got 257 characters"),
        ({f"f{n}": n for n in range(257)}, "context", "more than 256 fields"),
    ],
)
def test_what_no_vector_should_see_is_refused(context: dict[str, Any], field: str, words: str) -> None:
    """Too deep, too long, too many, out of range or of another type: named by field."""
    with pytest.raises(Invalid) as caught:
        flatten(context)
    assert caught.value.field == field
    assert words in caught.value.message

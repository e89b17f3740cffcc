# SPDX-License-Identifier: Apache-2.0
"""YAML is read strictly: nothing is lost, changed or blown up without a word."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.commands.yaml_document import parse_yaml
from bandit.errors import Invalid

TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0xD7FF, exclude_characters="\x7f\x85\ufeff"))
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def parse(text: str) -> object:
    """The values of a document."""
    return parse_yaml(text.encode(), name="x.yaml")


@given(TREES)
def test_json_is_yaml(tree: object) -> None:
    """Whatever JSON says is read as JSON means it."""
    # C1 controls must be escaped in YAML; json.dumps would leave them bare.
    text = "".join(
        f"\\u{ord(c):04x}" if 0x7F <= ord(c) <= 0x9F else c for c in json.dumps(tree, ensure_ascii=False)
    )
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("12:30", "12:30"),
        ("0123", "0123"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("7", 7),
        ("-7", -7),
        ("7.5", 7.5),
        ("1e3", 1000.0),
        (".nan", ".nan"),
        ("2026-11-01", "2026-11-01"),
        ("2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"),
        ("~", None),
        ("null", None),
        ("'7'", "7"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    """A plain scalar is a number, a truth value, null, or else the text that stands there."""
    read = parse(f"key: {text}")
    assert read == {"key": value}
    assert isinstance(read, dict)
    assert type(read["key"]) is type(value)


def test_anchors_and_merges_work() -> None:
    """Parts may be written once and used again, with exceptions."""
    text = "base: &base {a: 1, b: 2}\nmore: {<<: *base, b: 3}\nagain: *base"
    assert parse(text) == {"base": {"a": 1, "b": 2}, "more": {"a": 1, "b": 3}, "again": {"a": 1, "b": 2}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: 2\na: 3", "got the key 'a' twice (line 3); allowed each key once"),
        ("a: {b: 1, b: 2}", "got the key 'b' twice (line 1); allowed each key once"),
        ("x:\n  7: a", "got the key '7' (line 2); allowed keys that are text"),
        ("a: &a [*a]", "got an alias of what it is part of (line 1)"),
        ("a: !!python/object:os.system {}", "got a value tagged"),
        ("a: !!binary aGk=", "got a value tagged"),
        ("a: !!set {b, c}", "got a value tagged"),
        ("a: !!int x", "got what cannot be read"),
        ("a: [1, 2", "got what is not YAML (line "),
        ("a: 1\n--- \nb: 2", "got what is not YAML (line 2"),
        ("a: \x00", "got what is not YAML"),
        ("[" * 65 + "]" * 65, "got more than 64 levels (line 1); allowed at most 64"),
        ("[" * 1_000_000, "got more than 64 levels"),
        ("- " * 100_000, "got more than 64 levels"),
        ("{a: " * 100_000, "got more than 64 levels"),
        ("\n".join(f"a{i}: &a{i} [*a{i - 1}]" if i else "a0: &a0 []" for i in range(99)), "64 levels"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    """Each mistake is named with its line, in one line."""
    with pytest.raises(Invalid) as caught:
        parse(text)
    assert problem in caught.value.message
    assert caught.value.message.startswith("x.yaml: ")
    assert "\n" not in caught.value.message


def test_aliases_that_blow_up_are_refused() -> None:
    """A short document cannot stand for billions of values."""
    lines = ["a0: &a0 [0]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(Invalid, match="values with all aliases"):
        parse("\n".join(lines))


def test_bytes_that_are_no_text_are_refused() -> None:
    """A file of another kind is not YAML."""
    with pytest.raises(Invalid, match="not YAML"):
        parse_yaml(b"a: \xff\xfe\xfa", name="x.yaml")


def test_nothing_is_nothing() -> None:
    """An empty document has no value."""
    assert parse("# only a comment\n") is None

# SPDX-License-Identifier: Apache-2.0
"""Eligibility rules: what holds, and what is said when one does not."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.core.rules import Rule, describe, why_not
from bandit.core.values import Value
from bandit.errors import Invalid

KNOWN: dict[str, Value] = {
    "temp": 7.5, "country": "US", "bot": False, "vip": True, "one": 1.0, "seg": ("3", "true", "vip"),
    "only": ("vip",), "none": (),
}  # fmt: skip


def rule(data: dict[str, Any]) -> Rule:
    """A rule from its plain shape."""
    return msgspec.convert(data, Rule)


@pytest.mark.parametrize(
    ("field", "op", "value", "holds"),
    [
        ("temp", "<", 8, True),
        ("temp", "<", 7.5, False),
        ("temp", "<=", 7.5, True),
        ("temp", ">", 7.5, False),
        ("temp", ">=", 7.5, True),
        ("temp", "==", 7.5, True),
        ("temp", "!=", 7.5, False),
        ("country", "==", "US", True),
        ("country", "in", ["CA", "US"], True),
        ("country", "not_in", ["CA", "US"], False),
        ("country", "<", 8, False),
        ("vip", "==", True, True),
        ("vip", "==", 1, False),
        ("vip", "in", [1], False),
        ("vip", "<", 8, False),
        ("one", "==", True, False),
        ("one", "!=", True, True),
        ("bot", "==", False, True),
        ("temp", "exists", True, True),
        ("temp", "exists", False, False),
        ("snow", "exists", False, True),
        ("snow", "exists", True, False),
        ("snow", "==", 1, False),
        ("snow", "!=", 1, False),
        ("snow", "not_in", [1], False),
        ("snow", "contains", "x", False),
        ("seg", "contains", "vip", True),
        ("seg", "contains", "new", False),
        ("seg", "contains", 3, True),
        ("seg", "contains", "3", True),
        ("seg", "contains", True, True),
        ("seg", "contains", False, False),
        ("none", "contains", "vip", False),
        ("country", "contains", "US", True),
        ("country", "contains", "U", False),
        ("one", "contains", 1, True),
        ("one", "contains", "1", True),
        ("seg", "in", ["new", "vip"], True),
        ("seg", "in", ["new", 3], True),
        ("seg", "in", ["new"], False),
        ("seg", "not_in", ["new"], True),
        ("seg", "not_in", ["new", "vip"], False),
        ("none", "in", ["vip"], False),
        ("none", "not_in", ["vip"], True),
        ("only", "==", "vip", True),
        ("only", "!=", "vip", False),
        ("seg", "==", "vip", False),
        ("seg", "!=", "vip", True),
        ("seg", "<", 8, False),
        ("seg", "exists", True, True),
        ("none", "exists", True, True),
    ],
)
def test_a_test_of_a_field(field: str, op: str, value: Any, holds: bool) -> None:
    """Every operator holds for what it says; a field that is not known satisfies none but exists."""
    assert (why_not(rule({"field": field, "op": op, "value": value}), KNOWN) is None) == holds


def test_the_reason_says_what_failed() -> None:
    """The reason is the first part that fails, with what was known."""
    cold = {"field": "temp", "op": "<", "value": 5}
    there = {"field": "country", "op": "in", "value": ["DE"]}
    assert why_not(rule({"all": [cold, there]}), KNOWN) == "temp < 5.0: got 7.5"
    assert why_not(rule({"any": [cold, there]}), KNOWN) == (
        "none of: temp < 5.0: got 7.5; country in ['DE']: got 'US'"
    )
    assert why_not(rule({"not": {"field": "vip", "op": "==", "value": True}}), KNOWN) == (
        "not allowed: vip == True"
    )
    assert why_not(rule({"field": "snow", "op": ">", "value": 1}), KNOWN) == "snow > 1.0: not known"


def test_a_reason_tells_no_value_that_is_not_kept() -> None:
    """Of fields that may not be logged the reason says that they had another value, not which."""
    cold, there = (
        {"field": "temp", "op": "<", "value": 5},
        {"field": "country", "op": "in", "value": ["DE"]},
    )
    tell = {"country"}
    assert why_not(rule({"all": [cold]}), KNOWN, tell=tell) == "temp < 5.0: got a value that is not kept"
    assert why_not(rule({"any": [cold, there]}), KNOWN, tell=tell) == (
        "none of: temp < 5.0: got a value that is not kept; country in ['DE']: got 'US'"
    )


LEAVES = st.builds(
    lambda field, value: {"field": field, "op": "==", "value": value},
    st.sampled_from(["vip", "bot"]),
    st.booleans(),
)


@given(st.lists(LEAVES, min_size=1, max_size=4))
def test_forms_mean_what_logic_says(leaves: list[dict[str, Any]]) -> None:
    """`all`, `any` and `not` are the and, or and not of their parts, and can be described."""
    holds = [why_not(rule(leaf), KNOWN) is None for leaf in leaves]
    assert (why_not(rule({"all": leaves}), KNOWN) is None) == all(holds)
    assert (why_not(rule({"any": leaves}), KNOWN) is None) == any(holds)
    assert (why_not(rule({"not": {"any": leaves}}), KNOWN) is None) == (not any(holds))
    assert describe(rule({"all": leaves})).count("==") == len(leaves)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"all": [{"field": "x", "op": "exists", "value": True}], "field": "x"},
        {"all": [{"field": "x", "op": "exists", "value": True}], "op": "=="},
        {"any": []},
        {"field": "x", "op": "in", "value": "x"},
        {"field": "x", "op": "<", "value": "x"},
        {"field": "x", "op": "<", "value": True},
        {"field": "x", "op": "<", "value": float("inf")},
        {"field": "x", "op": "in", "value": [float("nan")]},
        {"field": "x", "op": "==", "value": ["x"]},
        {"field": "x", "op": "exists", "value": 1},
    ],
)
def test_a_rule_that_means_nothing_is_refused(data: dict[str, Any]) -> None:
    """A rule has exactly one form, and a value that fits its operator."""
    with pytest.raises(msgspec.ValidationError) as caught:
        rule(data)
    assert isinstance(caught.value.__cause__, Invalid)
    assert caught.value.__cause__.code == "invalid_rule"


def test_rules_nest_to_a_limit() -> None:
    """Eight levels are allowed, nine are not."""
    data: dict[str, Any] = {"field": "vip", "op": "==", "value": True}
    for _ in range(7):
        data = {"all": [data]}
    assert why_not(rule(data), KNOWN) is None
    with pytest.raises(msgspec.ValidationError, match="nested 9 deep"):
        rule({"not": data})

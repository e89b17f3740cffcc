# SPDX-License-Identifier: Apache-2.0
"""What applying a catalogue would change, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from bandit.commands.difference import differences
from bandit.core.catalogue import Catalogue, parse_catalogue

BEFORE: dict[str, Any] = {
    "slots": 2,
    "policy": {"kind": "linucb"},
    "arms": {
        "a": {"boost": 2.0, "payload": {"t": "A"}},
        "b": {"eligible": {"field": "x.y", "op": "exists", "value": True}},
    },
}


def catalogue(**placements: Any) -> Catalogue:
    """A catalogue of these placements."""
    return parse_catalogue({"placements": placements})


def lines(before: Any, after: Any) -> list[str]:
    """The differences of one placement as they are shown."""
    return [str(change) for change in differences(catalogue(hero=before), catalogue(hero=after))]


def test_equal_catalogues_do_not_differ() -> None:
    """Nothing is shown when nothing changes."""
    assert lines(BEFORE, BEFORE) == []


def test_a_new_placement_is_shown_with_its_arms() -> None:
    """All of it is added."""
    changes = differences({}, catalogue(hero=BEFORE))
    assert [str(change) for change in changes] == ["+ hero", "+ hero arm a", "+ hero arm b"]


def test_placements_that_are_not_named_stay() -> None:
    """What the new catalogue does not name is not a difference."""
    assert differences(catalogue(hero=BEFORE), {}) == []


def test_arms_come_and_go() -> None:
    """Arms are added and removed by name."""
    assert lines(BEFORE, {**BEFORE, "arms": {"a": BEFORE["arms"]["a"], "c": {}}}) == [
        "- hero arm b",
        "+ hero arm c",
    ]


@pytest.mark.parametrize(
    ("patch", "line"),
    [
        ({"slots": 3}, "~ hero slots: 2 -> 3"),
        ({"floor": 0.1}, "~ hero floor: 0.005 -> 0.1"),
        ({"reward": {"events": {"buy": 1.0, "click": 1.0}}}, "+ hero reward.events.buy: none -> 1.0"),
        ({"policy": {"kind": "linucb", "alpha": 0.5}}, "+ hero policy.alpha: none -> 0.5"),
    ],
)
def test_fields_of_the_placement(patch: dict[str, Any], line: str) -> None:
    """A field is shown with what it was, its default included, and what it becomes."""
    assert lines(BEFORE, {**BEFORE, **patch}) == [line]


@pytest.mark.parametrize(
    ("arm", "line"),
    [
        ({"payload": {"t": "A"}}, "~ hero arm a boost: 2.0 -> 1.0"),
        ({"boost": 2.0, "payload": {"t": "B"}}, '~ hero arm a payload.t: "A" -> "B"'),
        ({"boost": 2.0, "payload": {"t": "A", "u": [1]}}, "+ hero arm a payload.u: none -> [1]"),
        ({"boost": 2.0, "payload": {}}, '- hero arm a payload.t: "A" -> none'),
        (
            {"boost": 2.0, "payload": {"t": "A"}, "ends_at": "2026-11-01T00:00:00Z"},
            '+ hero arm a ends_at: none -> "2026-11-01T00:00:00Z"',
        ),
        (
            {"boost": 2.0, "payload": {"t": "A"}, "cap": {"per_user": 3}},
            "+ hero arm a cap.per_user: none -> 3",
        ),
    ],
)
def test_fields_of_an_arm(arm: dict[str, Any], line: str) -> None:
    """A changed field of an arm is shown by its path."""
    assert line in lines(BEFORE, {**BEFORE, "arms": {**BEFORE["arms"], "a": arm}})


def test_the_order_of_arms_is_a_difference() -> None:
    """The order is the marketer's, so changing it is a change."""
    swapped = dict(reversed(BEFORE["arms"].items()))
    assert lines(BEFORE, {**BEFORE, "arms": swapped}) == ['~ hero arms: ["a","b"] -> ["b","a"]']


def test_a_rule_is_shown_whole() -> None:
    """A condition is read as one thing."""
    arms = {**BEFORE["arms"], "b": {"eligible": {"field": "x.y", "op": "==", "value": 1}}}
    (line,) = lines(BEFORE, {**BEFORE, "arms": arms})
    assert line.startswith('~ hero arm b eligible: {"field":"x.y","op":"exists","value":true} -> {')

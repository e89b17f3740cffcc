# SPDX-License-Identifier: Apache-2.0
"""Specs with open settings, and what they stand for."""

from __future__ import annotations

import pytest

from bandit.errors import Invalid
from simulator.training.space import Choices, Range, Space, spaces, written


def test_choices_and_ranges_are_open() -> None:
    """What is neither stays as it is."""
    space = Space.parse("linucb:alpha=0.01..2,l2=1|10,half_life_days=30")
    assert space.open == {"alpha": Range(0.01, 2.0, whole=False), "l2": Choices(("1", "10"))}
    assert space.spec({"alpha": "0.3", "l2": "10"}) == "linucb:half_life_days=30,alpha=0.3,l2=10"


def test_settings_that_take_whole_numbers_only() -> None:
    """Where a number with a fraction is refused, whole ones are searched."""
    space = Space.parse("thompson_shared:draws=64..512")
    assert space.open == {"draws": Range(64, 512, whole=True)}
    assert space.example == "thompson_shared:draws=235"


@pytest.mark.parametrize(("low", "high", "factors"), [(0.01, 1, True), (1, 2, False), (0, 5, False)])
def test_wide_ranges_are_searched_by_factors(low: float, high: float, factors: bool) -> None:
    """Between 0.01 and 1, most of the search is not spent above 0.5."""
    assert Range(low, high, whole=False).by_factors is factors


def test_numbers_are_written_so_that_they_can_be_typed() -> None:
    """Four digits are enough for anybody."""
    assert written(Range(0.0, 1.0, whole=False), 0.123456789) == "0.1235"
    assert written(Range(1.0, 9.0, whole=True), 3.6) == "4"


def test_a_file_name_is_no_range() -> None:
    """Two dots in a path stand for a folder."""
    with pytest.raises(FileNotFoundError, match="nothing"):
        Space.parse("table:file=../nothing/here.csv")


def test_without_a_search_choices_are_policies_of_their_own() -> None:
    """As everywhere else, a grid stands for all its policies."""
    found = spaces(["uniform", "linucb:alpha=1|2"], tune=False)
    assert [space.text for space in found] == ["uniform", "linucb:alpha=1", "linucb:alpha=2"]
    assert not any(space.open for space in found)


@pytest.mark.parametrize(
    ("text", "tune", "message"),
    [
        ("linucb:alpha=0.1..1", False, "linucb: got a range for alpha; allowed with --tune"),
        ("linucb:alpha=1", True, "tune: got no policy with an open setting; allowed a.b or low..high"),
        ("linucb:alpha=2..1", True, "linucb: got alpha=2..1; allowed low..high"),
        ("linucb:alpha=1|", True, "linucb: got alpha=1|; allowed a value beside each"),
        ("linucb:alpha=1|x", False, "policy.alpha: got 'x'"),
        ("linucb:beta=1..2", True, "policy.beta: got"),
        ("magic:a=1|2", True, "policy: got 'magic'; allowed column, fixed, greedy"),
        ("softmax:tau=0..1", True, "policy.tau: got 0; allowed more than 0"),
        ("greedy:epsilon=0.5..3", True, "epsilon: got '1.455'; allowed 0 to 1"),
    ],
)
def test_spaces_that_are_none(text: str, tune: bool, message: str) -> None:
    """Each is refused in one line that names the setting."""
    with pytest.raises(Invalid) as refusal:
        spaces([text], tune=tune)
    assert refusal.value.message.startswith(message.replace("a.b", "a|b"))

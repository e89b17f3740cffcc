# SPDX-License-Identifier: Apache-2.0
"""Grids of settings become the specs that they stand for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import Invalid
from simulator.targets.grid import expand, expand_all

VALUES = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4, unique=True)


@pytest.mark.parametrize("text", ["uniform", "fixed:arm=a", "greedy:epsilon=0.1", "magic:what"])
def test_a_spec_without_choices_stands_for_itself(text: str) -> None:
    """Nothing is changed where there is nothing to choose, right or wrong."""
    assert expand(text) == [text]


def test_the_last_setting_changes_fastest() -> None:
    """Two settings with two values each make four specs in a fixed order."""
    assert expand("greedy:epsilon=0|1,seed=2|3") == [
        "greedy:epsilon=0,seed=2",
        "greedy:epsilon=0,seed=3",
        "greedy:epsilon=1,seed=2",
        "greedy:epsilon=1,seed=3",
    ]


@given(first=VALUES, second=VALUES)
def test_every_combination_comes_once(first: list[str], second: list[str]) -> None:
    """A grid stands for as many different specs as its values multiply to."""
    specs = expand(f"kind:a={'|'.join(first)},b={'|'.join(second)}")
    assert len(set(specs)) == len(specs) == len(first) * len(second)


@pytest.mark.parametrize("text", ["linucb:alpha=0.1|", "linucb:alpha=|1", "linucb:alpha=1|2|1"])
def test_grids_with_holes_or_repeats_are_refused(text: str) -> None:
    """An empty or repeated value is a slip of the hand."""
    with pytest.raises(Invalid, match=r"linucb: got .alpha=.*; allowed alpha=A\|B"):
        expand(text)


def test_the_same_policy_twice_is_refused() -> None:
    """Two grids may not overlap: results are told apart by their spec."""
    with pytest.raises(Invalid, match="policy: got 'linucb:alpha=1' twice"):
        expand_all(["linucb:alpha=1|2", "linucb:alpha=1"])

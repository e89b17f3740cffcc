# SPDX-License-Identifier: Apache-2.0
"""Grids of settings, and specs of policies that learn."""

from __future__ import annotations

import pytest

from bandit.errors import Invalid
from policies import POLICIES
from simulator.targets.grid import expand_all, expand_grid
from simulator.targets.learning import parse_policy


def test_a_grid_is_every_combination_in_order() -> None:
    """The first setting changes slowest, as in nested loops."""
    assert expand_grid("linucb:alpha=0.1|0.5,l2=1|10") == [
        "linucb:alpha=0.1,l2=1",
        "linucb:alpha=0.1,l2=10",
        "linucb:alpha=0.5,l2=1",
        "linucb:alpha=0.5,l2=10",
    ]


def test_what_is_no_grid_stays_as_it_is_and_is_asked_once() -> None:
    """A spec without choices is itself; the same policy is not replayed twice."""
    assert expand_all(["uniform", "linucb:alpha=1|2", "uniform", "linucb:alpha=2"]) == [
        "uniform",
        "linucb:alpha=1",
        "linucb:alpha=2",
    ]


@pytest.mark.parametrize("text", ["linucb:alpha=1|", "linucb:alpha=" + "|".join(map(str, range(1001)))])
def test_grids_that_are_none(text: str) -> None:
    """A choice of nothing and a grid beyond reason are refused."""
    with pytest.raises(Invalid, match="linucb: got"):
        expand_grid(text)


@pytest.mark.parametrize("kind", sorted(POLICIES))
def test_every_policy_of_the_service_can_be_written(kind: str) -> None:
    """A kind without settings has its defaults."""
    assert parse_policy(kind) == {"kind": kind}


def test_settings_have_the_types_of_a_catalogue() -> None:
    """Numbers are numbers, null is none, and a dot leads into a policy inside a policy."""
    text = "epsilon_greedy:epsilon=0.1,scorer.kind=linucb,scorer.half_life_days=null"
    assert parse_policy(text) == {
        "kind": "epsilon_greedy",
        "epsilon": 0.1,
        "scorer": {"kind": "linucb", "half_life_days": None},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("magic", "policy.kind: got 'magic'; allowed a"),
        ("linucb:alpha=x", "policy.alpha: got 'x'; allowed 0 or more"),
        ("linucb:beta=1", "policy.beta: got 1; allowed settings alpha"),
        ("linucb:alpha=NaN", "policy.alpha: got nan; allowed 0 or more"),
        ("epsilon_greedy:scorer.kind=magic", "policy.scorer.kind: got 'magic'"),
        ("linucb:alpha=1,alpha.b=2", "policy linucb: got alpha.b='2'; allowed one value each"),
        ("linucb:alpha", "linucb: got 'alpha'; allowed name=value"),
    ],
)
def test_what_is_no_policy_is_one_clear_line(text: str, message: str) -> None:
    """The line names the setting, its value and what is allowed."""
    with pytest.raises(Invalid) as refusal:
        parse_policy(text)
    assert refusal.value.message.startswith(message)

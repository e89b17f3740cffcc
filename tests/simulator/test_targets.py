# SPDX-License-Identifier: Apache-2.0
"""Policies as they are written, and what they answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.logs.rows import Rows
from simulator.targets import TARGETS, build_target
from simulator.targets.policy import Asked

ARMS = ("a", "b", "c")


def asked(**columns: Any) -> Asked:
    """Two rows of three arms."""
    q = columns.pop("q", None)
    fine: dict[str, Any] = {
        "reward": np.zeros(2),
        "action": np.array([0, 2]),
        "propensity": np.array([0.5, 0.1]),
    }
    return Asked(Rows(**{**fine, **columns}), ARMS, q)


@pytest.mark.parametrize("eligible", [None, np.array([[True, True, False], [False, False, True]])])
@pytest.mark.parametrize("text", ["uniform", "greedy", "greedy:epsilon=0.3"])
def test_vectors_sum_to_one_over_eligible_arms(text: str, eligible: Any) -> None:
    """Whole vectors sum to 1 and leave out arms that could not be shown."""
    answered = build_target(text).answer(asked(eligible=eligible, q=np.array([[0.1, 0.2, 0.9]] * 2)))
    assert answered.probabilities is not None
    np.testing.assert_allclose(answered.probabilities.sum(axis=1), 1.0, atol=1e-15)
    if eligible is not None:
        assert (answered.probabilities[~eligible] == 0).all()


def test_greedy_mixes_the_best_with_all() -> None:
    """The best arm gets what is not spread."""
    answered = build_target("greedy:epsilon=0.3").answer(asked(q=np.array([[0.1, 0.2, 0.9]] * 2)))
    assert answered.probabilities is not None
    assert answered.probabilities[0].tolist() == pytest.approx([0.1, 0.1, 0.8])


def test_table_by_slot(tmp_path: Path) -> None:
    """A table gives each slot its own vector, in the order of the log's arms."""
    path = tmp_path / "policy.csv"
    path.write_text("arm,probability,position\nc,1,0\nb,0.25,1\na,0.75,1\n")
    answered = build_target(f"table:file={path}").answer(asked(position=np.array([1, 0])))
    assert answered.probabilities is not None
    assert answered.probabilities.tolist() == [[0.75, 0.25, 0.0], [0.0, 0.0, 1.0]]


def test_table_for_all_slots(tmp_path: Path) -> None:
    """Without slots the same vector holds for every row."""
    path = tmp_path / "policy.csv"
    path.write_text("arm,probability\nc,0.5\nb,0.5\n")
    answered = build_target(f"table:file={path}").answer(asked())
    assert answered.probabilities is not None
    assert answered.probabilities.tolist() == [[0.0, 0.5, 0.5]] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("arm,p\na,1\n", "policy table: got columns arm, p; allowed arm, probability and position"),
        ("arm,probability\na,0.5\n", "policy table: got sum 0.5; allowed 1"),
        ("arm,probability\nz,1\n", "policy table: got arms z; the log never shows them"),
        ("arm,probability,position\na,1,3\n", "policy table: got slots, but the log has none"),
    ],
)
def test_tables_that_do_not_fit(tmp_path: Path, content: str, message: str) -> None:
    """A table that does not fit the log is refused."""
    path = tmp_path / "policy.csv"
    path.write_text(content)
    with pytest.raises(Invalid, match=message):
        build_target(f"table:file={path}").answer(asked())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("magic", "policy: got 'magic'; allowed"),
        ("fixed", "policy fixed: got no arm; allowed fixed:arm=..."),
        ("uniform:speed=2", "policy uniform: got 'speed'; allowed no settings"),
        ("greedy:epsilon=2", "epsilon: got '2'; allowed 0 to 1"),
        ("greedy:epsilon=nan", "epsilon: got 'nan'; allowed 0 to 1"),
        ("fixed:arm", "fixed: got 'arm'; allowed name=value"),
    ],
)
def test_specs_that_make_no_policy(text: str, message: str) -> None:
    """Unknown policies and settings are refused with what is allowed."""
    with pytest.raises(Invalid, match=message):
        build_target(text)


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("fixed:arm=z", {}, "policy fixed: got arm 'z'; the log has a, b, c"),
        ("column:name=new", {}, "policy column: got 'new'; the log has none"),
        ("column:name=new", {"policies": {"new": np.array([0.5, 2.0])}}, "policy column new: got 2.0"),
        ("logged", {"propensity": None}, "policy logged: got a log without propensities"),
        ("greedy", {}, "policy greedy: got no reward model"),
    ],
)
def test_policies_that_the_log_cannot_answer(text: str, columns: dict[str, Any], message: str) -> None:
    """A policy that needs what the log lacks is refused in one line."""
    with pytest.raises(Invalid, match=message):
        build_target(text).answer(asked(**columns))


def test_every_kind_is_tried_here() -> None:
    """The table holds the kinds that these tests know."""
    assert set(TARGETS) == {"uniform", "logged", "fixed", "column", "table", "greedy"}

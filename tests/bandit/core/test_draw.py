# SPDX-License-Identifier: Apache-2.0
"""The draw: exactly the probabilities given, from chance that follows from the decision's id."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bandit.core.draw import chance, check, draw

LARGEST = 1.0 - 2.0**-53
GOLDEN_SEEDS = [12233758048730637985, 6417264176611056071]
GOLDEN_U = [[0.6403300541171932, 0.3771245261477172], [0.6811691692563727, 0.025988650696390447]]


def test_chance_is_the_same_for_ever() -> None:
    """Golden values: a decision of an old log can be drawn again."""
    dice = chance(["d-1", "d-2"], "home", count=9)
    assert dice.seeds == GOLDEN_SEEDS
    assert dice.u[:, [0, 8]].tolist() == GOLDEN_U


def test_chance_depends_on_id_and_placement_alone() -> None:
    """More numbers, or other requests in the batch, change nothing; another placement changes all."""
    few, many = chance(["d-1"], "home", count=2), chance(["d-0", "d-1"], "home", count=30)
    assert few.seeds == many.seeds[1:]
    assert few.u[0].tolist() == many.u[1, :2].tolist()
    assert few.u[0, 0] != chance(["d-1"], "footer", count=1).u[0, 0]


def test_chance_is_uniform_and_independent() -> None:
    """Numbers of one decision fill the unit square evenly."""
    u = chance([f"d-{n}" for n in range(20_000)], "home", count=2).u
    cells = np.floor(u * 10).astype(int)
    counts = np.bincount(cells[:, 0] * 10 + cells[:, 1], minlength=100)
    assert stats.chisquare(counts).pvalue > 1e-4
    assert (u >= 0).all()
    assert (u < 1).all()


WEIGHTS = st.lists(st.one_of(st.just(0.0), st.floats(1e-300, 1.0)), min_size=1, max_size=9)


@given(
    WEIGHTS.filter(lambda weights: sum(weights) > 0),
    st.one_of(st.sampled_from([0.0, LARGEST]), st.floats(0, LARGEST)),
)
def test_an_arm_without_probability_is_never_drawn(weights: list[float], u: float) -> None:
    """Whatever the number, zero included and the largest below 1, an arm with p > 0 is drawn."""
    p = np.array([weights]) / sum(weights)
    assert p[0, draw(p, np.array([u]))[0]] > 0


def test_the_only_arm_is_always_drawn() -> None:
    """Probability 1 is certainty, wherever it stands."""
    p = np.eye(3)
    assert draw(p, np.array([0.0, 0.5, LARGEST])).tolist() == [0, 1, 2]


@pytest.mark.parametrize("row", [[0.5, 0.4], [0.5, np.nan], [np.inf, 0.0], [1.5, -0.5], [0.0, 0.0]])
def test_what_is_no_probability_is_refused(row: list[float]) -> None:
    """One row that does not sum to 1, is not finite or falls below 0 is enough, wherever it stands."""
    check(np.full((2, 3, 2), 0.5))
    with pytest.raises(ArithmeticError, match=r"^p: got"):
        check(np.array([[[0.5, 0.5], row]]))


def test_frequencies_are_the_probabilities() -> None:
    """Over many draws, each arm comes as often as its probability says."""
    p = np.array([0.5, 0.25, 0.0, 0.2, 0.05])
    u = chance([f"d-{n}" for n in range(50_000)], "home", count=1).u[:, 0]
    counts = np.bincount(draw(np.broadcast_to(p, (len(u), 5)), u), minlength=5)
    assert counts[2] == 0
    assert stats.chisquare(counts[p > 0], p[p > 0] * len(u)).pvalue > 1e-4

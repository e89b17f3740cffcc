# SPDX-License-Identifier: Apache-2.0
"""Where probabilities enter: what is none is refused, and the right side is blamed."""

from __future__ import annotations

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.estimators import ESTIMATORS
from simulator.logs.partition import Partition, Target
from simulator.slates.partition import SlateProbabilities, SlateTarget

LOGGED = Partition(
    reward=np.array([1.0, 0.0]), propensity=np.array([0.5, 0.5]), action=np.array([0, 1]), start=10
)


@pytest.mark.parametrize(
    ("vector", "why"),
    [
        ([1.0, 2.0], "got sum 3 in row 1; allowed 1"),
        ([0.2, 0.2], "got sum 0.4 in row 1; allowed 1"),
        ([1.5, -0.5], "got -0.5 in row 1; allowed 0 to 1"),
        ([np.nan, 1.0], "got sum nan in row 1; allowed 1"),
    ],
)
def test_a_policy_whose_vectors_are_no_probabilities_is_blamed(vector: list[float], why: str) -> None:
    """Rows that sum to 3 would multiply every answer by 3: they are refused instead."""
    vectors = np.array([[0.5, 0.5], vector])
    with pytest.raises(Invalid, match=f"^probabilities of the policy: {why}$"):
        Target.of(LOGGED, vectors)


@pytest.mark.parametrize("odd", [-0.1, 1.5, np.nan, np.inf])
def test_a_probability_of_the_shown_arm_is_one(odd: float) -> None:
    """Where only the shown arm's probability is known, it must be one as well."""
    with pytest.raises(Invalid, match=r"^policy: got probability .* in row 1; allowed 0 to 1"):
        Target(np.array([0.5, odd]))
    with pytest.raises(Invalid, match=r"^policy: got joint probability"):
        SlateTarget(SlateProbabilities(joint=np.array([0.5, odd])))


def test_a_logger_whose_vectors_are_no_probabilities_is_blamed() -> None:
    """The log's own vectors are checked as well, and its row is named."""
    with pytest.raises(Invalid, match=r"^probabilities of the logger: got sum 3 in row 11; allowed 1"):
        Partition(
            reward=LOGGED.reward,
            propensity=LOGGED.propensity,
            action=LOGGED.action,
            probabilities=np.array([[0.5, 0.5], [1.0, 2.0]]),
            start=10,
        )


@pytest.mark.parametrize("shape", [(1, 2), (3, 2), (2, 1)])
def test_vectors_of_other_rows_or_arms_are_refused(shape: tuple[int, int]) -> None:
    """A vector too many, one too few, or an arm too few: never an answer about something else."""
    with pytest.raises(Invalid, match=r"^policy: got vectors of shape .*; allowed \(2, K\)"):
        Target.of(LOGGED, np.full(shape, 1 / shape[1]))
    with pytest.raises(Invalid, match=r"^policy: got 3 rows; allowed 2"):
        ESTIMATORS["ips"]().add(LOGGED, Target(np.full(3, 0.5)))


def test_what_only_shown_arms_are_known_of_lacks_vectors_not_a_model() -> None:
    """A policy in a column cannot be joined with a reward model, and that is what the answer says."""
    with pytest.raises(Invalid, match=r"^dr: got a policy of which only the probability of the shown arm"):
        ESTIMATORS["dr"]().add(LOGGED, Target(np.full(2, 0.5)))
    with pytest.raises(Invalid, match=r"^dr: got no reward model"):
        ESTIMATORS["dr"]().add(LOGGED, Target.of(LOGGED, np.full((2, 2), 0.5)))

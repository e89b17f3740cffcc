# SPDX-License-Identifier: Apache-2.0
"""What the rows that a policy was accepted on are worth."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.diagnostics import Diagnostics
from simulator.estimators.on_policy import OnPolicy
from simulator.evaluation.results import Answer
from simulator.logs.partition import Floats, Partition, Target
from simulator.replaying.matches import Matches

N = 2_000


def answered(reward: Floats) -> Answer:
    """The answer for a policy that was accepted on every other row of a uniform log of two arms."""
    action = np.arange(N) % 2
    logged = Partition(reward, np.full(N, 0.5), action)
    seen, logger, matches = Diagnostics(), OnPolicy(), Matches()
    target = Target((action == 0) * 1.0)
    seen.add(logged, target)
    logger.add(logged, target)
    matches.add(logged, action == 0)
    diagnosis = seen.diagnose()
    assert diagnosis is not None
    return matches.answer(
        diagnosis, lost=0.0, logger=logger, reward_range=(0.0, 1_000.0), level=0.95, arms=("a", "b")
    )


@pytest.mark.parametrize(("row", "word"), [(500, "cannot tell"), (501, "cannot tell")])
def test_one_large_reward_is_named_whether_it_was_accepted_or_not(row: int, word: str) -> None:
    """Accepted it carries the value, left out the lift; no lift is claimed either way."""
    reward = np.random.default_rng(1).uniform(0.0, 1.0, N)
    reward[row] = 1_000.0
    answer = answered(reward)
    assert answer.lift is not None
    assert answer.lift.low < 0 < answer.lift.high
    assert answer.verdict.word == word
    assert any(f"(row {row})" in reason for reason in answer.verdict.reasons)


def test_rewards_of_rows_that_were_not_accepted_carry_no_value() -> None:
    """What the reasons say about the value is about accepted rows: here none was rewarded."""
    answer = answered((np.arange(N) == 501) * 1.0)
    assert answer.estimate is not None
    assert answer.estimate.value == 0.0
    assert not any("carries" in reason for reason in answer.verdict.reasons)
    assert "it rests on rewards worth 0.0 rows, fewer than 10" in answer.verdict.reasons

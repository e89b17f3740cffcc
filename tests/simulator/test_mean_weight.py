# SPDX-License-Identifier: Apache-2.0
"""The mean weight accuses propensities only where chance cannot be behind it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.mean_weight import MeanWeight

Floats = np.ndarray


def drawn(rng: np.random.Generator, logger: Floats, policy: Floats, *, true: Floats | None = None) -> Floats:
    """Weights of arms drawn from `true`, which is `logger` where the log is honest."""
    rows, edges = np.arange(len(logger)), np.cumsum(logger if true is None else true, axis=1)
    shown = (edges < rng.random(len(logger))[:, None]).sum(axis=1).clip(max=logger.shape[1] - 1)
    w: Floats = policy[rows, shown] / logger[rows, shown]
    return w


def greedy(n: int, *, arms: int = 2, floor: float = 0.005) -> Floats:
    """A logger that nearly always shows its first arm."""
    vectors = np.full((n, arms), floor)
    vectors[:, 0] = 1 - floor * (arms - 1)
    return vectors


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("n", [1, 30, 300, 3000])
def test_honest_logs_of_a_greedy_policy_are_never_accused(n: int, whole: bool) -> None:
    """However short the log: rare rows that it has not met yet may make up for what the mean lacks."""
    rng = np.random.default_rng(n)
    logger, policy = greedy(n), np.full((n, 2), 0.5)
    found = set()
    for _ in range(300):
        seen = MeanWeight()
        w = drawn(rng, logger, policy)
        seen.add(w, logger=logger if whole else None, policy=policy if whole else None)
        found.add(seen.judge())
    assert "wrong" not in found
    assert n > 300 or "too short to tell" in found or n == 1


@pytest.mark.parametrize(("n", "whole"), [(2_000, True), (10_000, False)])
def test_wrong_propensities_are_found(n: int, whole: bool) -> None:
    """Propensities half or twice what they were are accused; without whole vectors it takes longer."""
    rng = np.random.default_rng(1)
    policy = np.tile([0.1, 0.9], (n, 1))
    one, other = np.tile([0.6, 0.4], (n, 1)), np.tile([0.3, 0.7], (n, 1))
    for claimed, true in ((one, other), (other, one)):
        seen = MeanWeight()
        vectors = {"logger": claimed, "policy": policy} if whole else {}
        seen.add(drawn(rng, claimed, policy, true=true), **vectors)
        assert seen.judge() == "wrong"


def test_constant_weights_far_from_1_are_wrong_in_a_long_log_only() -> None:
    """Propensities all twice too large: 30 rows might still lack a heavy one, 3,000 hardly."""
    found = []
    for n in (30, 3000):
        seen = MeanWeight()
        seen.add(np.full(n, 0.5))
        found.append(seen.judge())
    assert found == ["too short to tell", "wrong"]


def test_arms_that_the_logger_could_not_show_are_not_held_against_it() -> None:
    """Half of the policy goes to an arm without probability: the weights must average one half, and do."""
    logger, policy = np.tile([1.0, 0.0], (500, 1)), np.full((500, 2), 0.5)
    seen = MeanWeight()
    seen.add(np.full(500, 0.5), logger=logger, policy=policy)
    assert seen.judge() == "fine"


@given(st.integers(1, 60), st.integers(2, 5), st.integers(0, 2**32 - 1), st.floats(0.001, 0.2))
def test_honest_logs_are_never_accused_whatever_the_policies(
    n: int, arms: int, seed: int, floor: float
) -> None:
    """Rows drawn from the vectors that are logged do not accuse them."""
    rng = np.random.default_rng(seed)
    logger = (1 - floor) * rng.dirichlet(np.full(arms, 0.3), size=n) + floor / arms
    policy = rng.dirichlet(np.full(arms, 0.3), size=n)
    seen = MeanWeight()
    seen.add(drawn(rng, logger, policy), logger=logger, policy=policy)
    assert seen.judge() != "wrong"


def test_parts_merge_to_the_whole() -> None:
    """Added apart and merged, or one after the other: the same answer."""
    rng = np.random.default_rng(3)
    logger, policy = greedy(100, arms=4), np.full((100, 4), 0.25)
    w = drawn(rng, logger, policy)
    whole, parts = MeanWeight(), [MeanWeight(), MeanWeight()]
    whole.add(w, logger=logger, policy=policy)
    for part, rows in zip(parts, (slice(0, 40), slice(40, 100)), strict=True):
        part.add(w[rows], logger=logger[rows], policy=policy[rows])
    parts[0].merge(parts[1])
    assert vars(parts[0]) == pytest.approx(vars(whole))

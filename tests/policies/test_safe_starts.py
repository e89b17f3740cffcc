# SPDX-License-Identifier: Apache-2.0
"""Apprentice, challenger and ramp: policies that let others in with care."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from policies import Contributions, Policy, build

Learn = Callable[..., Contributions]
Array = NDArray[np.float64]
ARMS = ("a", "b", "c")


def serve(policy: Policy, rates: dict[str, float], *, rounds: int, seed: int) -> dict[str, int]:
    """Let a policy choose and learn in a world without context; count what was shown."""
    rng = np.random.default_rng(seed)
    x, eligible = np.ones((1, 1, 1)), np.ones((1, len(ARMS)), dtype=bool)
    shown = dict.fromkeys(ARMS, 0)
    for each in range(rounds):
        belief = policy.believe(ARMS, x)
        p = policy.probabilities(belief, eligible, seeds=(each,))[0]
        k = int(rng.choice(len(ARMS), p=p))
        note = policy.notes(belief, eligible, seeds=(each,))
        reward = np.array([float(rng.random() < rates[ARMS[k]])])
        shown[ARMS[k]] += 1
        policy.update(
            Contributions(
                arms=[ARMS[k]],
                x=x[0],
                weight=np.ones(1),
                change=reward,
                reward=reward,
                propensity=p[[k]],
                day=np.full(1, 20_000),
                note=None if note is None else note[0, [k]],
            )
        )
    return shown


def test_the_apprentice_serves_the_baseline_and_learns() -> None:
    """Only the baseline's arm is shown; agreement is measured; the student's state grows."""
    policy = build({"kind": "apprentice", "student": {"kind": "epsilon_greedy", "epsilon": 0.3}}, dimension=1)
    shown = serve(policy, {"a": 0.9, "b": 0.5, "c": 0.5}, rounds=300, seed=0)
    report = policy.report()
    assert shown == {"a": 300, "b": 0, "c": 0}
    assert report["slots"] == 300
    # The student soon serves the best arm, but for a share of 0.3, a third of which goes there too.
    assert report["agreement"] == pytest.approx(0.8, abs=0.02)


def test_a_student_that_was_never_compared_has_no_agreement() -> None:
    """No data gives None, not 0."""
    assert build({"kind": "apprentice"}, dimension=1).report()["agreement"] is None


def test_a_challenger_that_is_worse_is_stopped() -> None:
    """A challenger whose arm earns much less loses its share of the traffic."""
    worse = {"kind": "epsilon_greedy", "epsilon": 1.0}
    policy = build({"kind": "challenger", "challenger": worse, "share": 0.5}, dimension=1)
    serve(policy, {"a": 0.9, "b": 0.1, "c": 0.1}, rounds=1_500, seed=1)
    report = policy.report()
    assert report["stopped"] == 1.0
    assert report["high"] is not None
    assert report["high"] < 0.0
    belief = policy.believe(ARMS, np.ones((1, 1, 1)))
    shares = policy.probabilities(belief, np.ones((1, 3), dtype=bool), seeds=(0,))
    np.testing.assert_array_equal(shares, [[1.0, 0.0, 0.0]])


def test_a_challenger_that_is_better_goes_on() -> None:
    """A better challenger keeps its share and is seen to be better."""
    policy = build({"kind": "challenger", "challenger": {"kind": "linucb"}, "share": 0.5}, dimension=1)
    serve(policy, {"a": 0.1, "b": 0.9, "c": 0.1}, rounds=1_500, seed=2)
    report = policy.report()
    assert report["stopped"] == 0.0
    assert report["low"] is not None
    assert report["low"] > 0.0


def test_policies_that_agree_are_not_compared() -> None:
    """Where both would do the same there is no evidence and no error."""
    same = {"kind": "fixed"}
    policy = build({"kind": "challenger", "challenger": same}, dimension=1)
    serve(policy, {"a": 0.5, "b": 0.5, "c": 0.5}, rounds=50, seed=3)
    unknown = {"difference": None, "low": None, "high": None}
    assert policy.report() == {"slots": 0.0, "share": 0.1, "stopped": False, **unknown}


def test_the_comparison_does_not_mind_order_or_late_rewards(evidence: Learn, part: Learn) -> None:
    """Notes and rewards add up to the same bytes in any order, corrected or at once."""
    rng = np.random.default_rng(4)
    learned = evidence(200)
    learned.propensity[:] = rng.uniform(0.2, 1.0, size=200)
    note = np.rint(rng.uniform(-1, 1, size=200) * 1024) / 1024
    columns = ("x", "weight", "change", "reward", "propensity", "day")

    def noted(indices: NDArray[np.int64], **other: Array) -> Contributions:
        picked = part(learned, indices)
        known = {name: getattr(picked, name) for name in columns} | other
        return Contributions(arms=picked.arms, note=note[indices], **known)

    at_once, late = (build({"kind": "challenger"}, dimension=4) for _ in range(2))
    at_once.update(noted(np.arange(200)))
    zeros = np.zeros(200)
    late.update(noted(rng.permutation(200), change=zeros, reward=zeros))
    order = rng.permutation(200)
    late.update(noted(order, weight=zeros, change=learned.reward[order]))
    assert late.dump() == at_once.dump()


def test_new_arms_are_let_in_slowly(evidence: Learn) -> None:
    """An arm never shown gets the first share at most, one shown half as often as needed half more."""
    policy = build({"kind": "ramp", "views": 100, "first": 0.1}, dimension=4)
    policy.update(evidence(400, arms=("a", "b")))
    policy.update(evidence(50, arms=("half",)))
    x, arms = np.ones((1, 1, 4)) * 2.0, ("a", "b", "half", "new")
    belief = policy.believe(arms, x)
    shares = policy.probabilities(belief, np.ones((1, 4), dtype=bool), seeds=(0,))[0]
    # Optimism would serve nothing but the new arm.
    assert shares[3] == pytest.approx(0.1)
    assert shares[2] <= 0.55 + 1e-12
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)
    only_new = policy.probabilities(belief, np.array([[False, False, False, True]]), seeds=(0,))[0]
    np.testing.assert_array_equal(only_new, [0, 0, 0, 1])


def test_where_every_arm_is_new_nobody_is_held_back(evidence: Learn) -> None:
    """A cold start shares traffic, as there is nothing tried and tested."""
    policy = build({"kind": "ramp", "policy": {"kind": "fixed"}}, dimension=4)
    belief = policy.believe(ARMS, np.ones((2, 1, 4)))
    shares = policy.probabilities(belief, np.array([[True, True, True], [False, True, True]]), seeds=(0, 1))
    np.testing.assert_allclose(shares, [[1 / 3] * 3, [0, 0.5, 0.5]], rtol=0, atol=1e-12)

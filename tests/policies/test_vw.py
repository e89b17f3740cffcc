# SPDX-License-Identifier: Apache-2.0
"""Vowpal Wabbit as a policy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from policies import Contributions, InvalidInput, InvalidSetting, build

EXPLORATIONS = ("--epsilon 0.2", "--bag 4", "--cover 3", "--squarecb", "--regcb", "--softmax --lambda 5")
ARMS = ("a", "b", "c")


def lesson(n: int, *, seed: int) -> Contributions:
    """Make a world in which arm a is good for one kind of visitor and b for the other."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(2, size=n) * 2.0 - 1.0
    arm = rng.integers(3, size=n)
    rate = np.where(arm == 0, 0.5 + 0.4 * kind, np.where(arm == 1, 0.5 - 0.4 * kind, 0.1))
    reward = (rng.random(n) < rate).astype(float)
    x = np.column_stack([np.ones(n), kind])
    ones = np.ones(n)
    return Contributions(
        [ARMS[k] for k in arm], x, ones, reward, reward, ones / 3, np.zeros(n, dtype=np.int64)
    )


def ask(spec: dict[str, object], x: NDArray[np.float64], *lessons: Contributions) -> NDArray[np.float64]:
    """Teach a new policy and ask for its probabilities."""
    policy = build(spec, dimension=2)
    for each in lessons:
        policy.update(each)
    return policy.probabilities(
        policy.believe(ARMS, x), np.ones((len(x), 3), dtype=bool), seeds=(0,) * len(x)
    )


@pytest.mark.parametrize("exploration", EXPLORATIONS)
def test_every_exploration_learns_who_likes_what(exploration: str) -> None:
    """Each visitor is served the right arm more often than any other."""
    spec: dict[str, object] = {"kind": "vw", "args": f"--cb_explore_adf {exploration} -q sa"}
    x = np.array([[[1.0, 1.0]], [[1.0, -1.0]]])
    shares = ask(spec, x, lesson(1_500, seed=1))
    assert shares.argmax(axis=1).tolist() == [0, 1]
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("--cb_explore_adf --nonsense", "VW says: unrecognised option '--nonsense'"),
        ("--cb_explore_adf --epsilon 2", r"VW says: The value of epsilon must be in \[0,1\]"),
        ("--cb_explore 4", "allowed command lines with --cb_explore_adf"),
        ("", "allowed command lines with --cb_explore_adf"),
        ("--cb_explore_adf 'a", "No closing quotation"),
        ("--cb_explore_adf -f model", "args: got '-f'; allowed options that touch no file"),
        ("--cb_explore_adf -dfile", "args: got '-d'; allowed options that touch no file"),
        ("--cb_explore_adf -b 40", "args: got '-b 40'; allowed -b up to 24"),
        ("--cb_explore_adf -b40", "args: got '-b 40'; allowed -b up to 24"),
        ("--cb_explore_adf --bag=100000", "args: got '--bag 100000'; allowed --bag up to 100"),
        ("--cb_explore_adf --data=file", "args: got '--data'; allowed options that touch no file"),
    ],
)
def test_wrong_arguments_are_refused_when_configured(args: str, message: str) -> None:
    """What VW would not run, or would use to reach files, never gets as far as a request."""
    with pytest.raises(InvalidSetting, match=message) as refused:
        build({"kind": "vw", "args": args}, dimension=2)
    assert refused.value.field == "args"


def test_one_vector_for_all_is_the_same_vector_for_each() -> None:
    """Shared features and features repeated for every arm are one thing to VW."""
    x = np.array([[[1.0, 0.5]]])
    shares = ask({"kind": "vw"}, x, lesson(200, seed=2))
    each = ask({"kind": "vw"}, np.repeat(x, 3, axis=1), lesson(200, seed=2))
    np.testing.assert_allclose(shares, each, rtol=0, atol=1e-6)


def test_late_rewards_teach_too() -> None:
    """Counting without reward first and correcting later still finds the right arms."""
    learned = lesson(1_500, seed=3)
    zeros = np.zeros(1_500)
    policy = build({"kind": "vw"}, dimension=2)
    counted = Contributions(
        learned.arms, learned.x, learned.weight, zeros, zeros, learned.propensity, learned.day
    )
    late = Contributions(
        learned.arms, learned.x, zeros, learned.change, learned.reward, learned.propensity, learned.day
    )
    policy.update(counted)
    policy.update(late)
    x = np.array([[[1.0, 1.0]], [[1.0, -1.0]]])
    shares = policy.probabilities(policy.believe(ARMS, x), np.ones((2, 3), dtype=bool), seeds=(0, 0))
    assert shares.argmax(axis=1).tolist() == [0, 1]


def test_arms_may_have_vectors_of_their_own() -> None:
    """Without an interaction with the arm's name, weights belong to features alone."""
    policy = build({"kind": "vw", "args": "--cb_explore_adf --epsilon 0.1", "per_arm": True}, dimension=2)
    assert policy.per_arm
    rng = np.random.default_rng(4)
    x = np.column_stack([np.ones(800), rng.integers(2, size=800)])
    reward, ones = x[:, 1], np.ones(800)
    names = [f"arm-{i}" for i in rng.integers(50, size=800)]
    policy.update(Contributions(names, x, ones, reward, reward, ones / 2, np.zeros(800, dtype=np.int64)))
    belief = policy.believe(("never", "seen"), np.array([[[1.0, 0.0], [1.0, 1.0]]]))
    shares = policy.probabilities(belief, np.ones((1, 2), dtype=bool), seeds=(0,))
    np.testing.assert_allclose(shares, [[0.05, 0.95]], rtol=0, atol=1e-6)


def test_states_cannot_be_merged(evidence: Callable[..., Contributions]) -> None:
    """VW learns in one place; adding weights would be wrong, so it is refused."""
    policy = build({"kind": "vw"}, dimension=4)
    policy.update(evidence(5))
    with pytest.raises(InvalidInput, match="merge: got 'vw'"):
        policy.merge(policy.dump())

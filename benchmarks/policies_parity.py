# SPDX-License-Identifier: Apache-2.0
"""Compare with MABWiser on random cases; prints the largest difference of each kind, fails above 1e-9.

python benchmarks/policies_parity.py [--cases N]
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from policies import Contributions, Policy, build

Array = NDArray[np.float64]
ALLOWED = 1e-9


def taught(spec: dict[str, object], x: Array, arms: list[str], reward: Array) -> Policy:
    """Build a policy and teach it."""
    policy = build(spec, dimension=x.shape[1])
    ones, day = np.ones(len(x)), np.zeros(len(x), dtype=np.int64)
    policy.update(Contributions(arms, x, ones, reward, reward, ones, day))
    return policy


def compare(seed: int) -> dict[str, float]:
    """Return the largest difference of every kind in one random case."""
    from mabwiser.mab import MAB, LearningPolicy  # noqa: PLC0415

    rng = np.random.default_rng(seed)
    n, d, k = int(rng.integers(30, 300)), int(rng.integers(2, 24)), int(rng.integers(2, 9))
    x = np.rint(np.clip(rng.normal(size=(n, d)), -4, 4) * 1024) / 1024
    asked = np.rint(np.clip(rng.normal(size=(10, d)), -4, 4) * 1024) / 1024
    # Every arm is shown: what MABWiser believes of arms never shown is wrong.
    chosen = np.concatenate([np.arange(k), rng.integers(k, size=n - k)])
    names = tuple(map(str, range(k)))
    arms, reward = [names[each] for each in chosen], (rng.random(n) < 0.4).astype(np.float64)
    alpha, l2 = float(rng.uniform(0, 2)), float(np.exp(rng.uniform(-3, 3)))
    means = {"kind": "popularity", "prior": 0}
    found: dict[str, float] = {}

    def peer(kind: object, *, context: bool) -> MAB:
        mab = MAB(list(names), kind, seed=seed)
        mab.fit(arms, reward, x) if context else mab.fit(arms, reward)
        return mab

    def expectations(mab: MAB, *, context: bool) -> Array:
        told = mab.predict_expectations(asked) if context else [mab.predict_expectations()] * len(asked)
        return np.array([[each[name] for name in names] for each in told])

    cases = {
        "LinUCB": (
            LearningPolicy.LinUCB(alpha=alpha, l2_lambda=l2),
            {"kind": "linucb", "alpha": alpha, "l2": l2},
        ),
        "LinGreedy": (
            LearningPolicy.LinGreedy(epsilon=0, l2_lambda=l2),
            {"kind": "epsilon_greedy", "epsilon": 0, "scorer": {"kind": "linucb", "l2": l2}},
        ),
        "UCB1": (LearningPolicy.UCB1(alpha=alpha), {"kind": "ucb1", "alpha": alpha}),
        "EpsilonGreedy": (
            LearningPolicy.EpsilonGreedy(epsilon=0),
            {"kind": "epsilon_greedy", "epsilon": 0, "scorer": means},
        ),
    }
    for name, (kind, spec) in cases.items():
        context = name.startswith("Lin")
        belief = taught(spec, x, arms, reward).believe(names, asked[:, None, :])
        theirs = expectations(peer(kind, context=context), context=context)
        found[name] = float(np.abs(belief.mean + belief.width - theirs).max())
    for name, kind, spec in (
        ("Softmax", LearningPolicy.Softmax(tau=0.3), {"kind": "softmax", "tau": 0.3, "scorer": means}),
        ("Popularity", LearningPolicy.Popularity(), means | {"serve": "in_proportion"}),
    ):
        policy = taught(spec, x, arms, reward)
        shares = policy.probabilities(
            policy.believe(names, asked[:1, None, :]), np.ones((1, k), dtype=bool), seeds=(0,)
        )[0]
        theirs = peer(kind, context=False)._imp.arm_to_expectation
        found[name] = float(np.abs(shares - np.array([theirs[each] for each in names])).max())
    model = taught({"kind": "thompson", "v": alpha, "l2": l2}, x, arms, reward).model  # type: ignore[attr-defined]
    theirs = peer(LearningPolicy.LinTS(alpha=max(alpha, 1e-3), l2_lambda=l2), context=True)._imp.arm_to_model
    found["LinTS mean"] = max(float(np.abs(model.theta(a) - theirs[a].beta).max()) for a in names)
    found["LinTS A^-1"] = max(float(np.abs(model.covariance(a) - theirs[a].A_inv).max()) for a in names)
    return found


def main() -> int:
    """Compare all cases."""
    parser = argparse.ArgumentParser(description="Compare with MABWiser on random cases")
    parser.add_argument("--cases", type=int, default=200)
    cases = parser.parse_args().cases
    if find_spec("mabwiser") is None:
        print("Nothing to compare with: mabwiser is missing (pip install slotwise[bench]).")
        return 0
    worst: dict[str, float] = defaultdict(float)
    for seed in range(cases):
        for name, difference in compare(seed).items():
            worst[name] = max(worst[name], difference)
    for name, difference in worst.items():
        print(f"{name:15} {difference:.1e} over {cases} cases")
    return 0 if max(worst.values()) <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())

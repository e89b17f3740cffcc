# SPDX-License-Identifier: Apache-2.0
"""Other libraries as agents: they learn when a reward, or its absence, is known."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray
from policy_bench.play import Agent, OursAtOnce

from policies import build

Array = NDArray[np.float64]
MakeAgent = Callable[[int, int, int], Agent]


class MABWiser:
    """MABWiser's LinUCB or LinTS, updated row by row."""

    def __init__(self, learner: str, arms: int, d: int, seed: int, *, explore: float) -> None:
        from mabwiser.mab import MAB, LearningPolicy  # noqa: PLC0415

        kind = {"LinUCB": LearningPolicy.LinUCB, "LinTS": LearningPolicy.LinTS}[learner]
        self._mab = MAB(list(range(arms)), kind(alpha=explore, l2_lambda=1.0), seed=seed)
        # It wants to be fitted before it is asked: one row of zeros says nothing.
        self._mab.fit([0], [0.0], np.zeros((1, d)))

    def choose(self, x: Array, *, u: float, seed: int) -> tuple[int, float]:  # noqa: ARG002
        """Return its prediction; it tells no probability."""
        return int(self._mab.predict(x[None, :])), 1.0

    def shown(self, arm: int, x: Array, p: float, day: int) -> None:
        """Wait."""

    def rewarded(self, arm: int, x: Array, p: float, day: int, reward: float) -> None:  # noqa: ARG002
        """Learn a row."""
        self._mab.partial_fit([arm], [reward], x[None, :])


class River:
    """river's disjoint LinUCB."""

    def __init__(self, arms: int, seed: int, *, explore: float) -> None:
        from river.bandit import LinUCBDisjoint  # noqa: PLC0415

        self._arms = list(range(arms))
        self._policy = LinUCBDisjoint(alpha=explore, seed=seed)

    def choose(self, x: Array, *, u: float, seed: int) -> tuple[int, float]:  # noqa: ARG002
        """Return its pull; it tells no probability."""
        return int(self._policy.pull(self._arms, context=dict(enumerate(x.tolist())))), 1.0

    def shown(self, arm: int, x: Array, p: float, day: int) -> None:
        """Wait."""

    def rewarded(self, arm: int, x: Array, p: float, day: int, reward: float) -> None:  # noqa: ARG002
        """Learn one."""
        self._policy.update(arm, dict(enumerate(x.tolist())), reward)


def playing_peers() -> dict[str, MakeAgent]:
    """Return the peers that are installed, each a function of arms, features and seed."""
    found: dict[str, MakeAgent] = {}
    if find_spec("mabwiser") is not None:
        found["MABWiser LinUCB, alpha 0.2"] = lambda k, d, s: MABWiser("LinUCB", k, d, s, explore=0.2)
        found["MABWiser LinTS, alpha 0.1"] = lambda k, d, s: MABWiser("LinTS", k, d, s, explore=0.1)
    if find_spec("river") is not None:
        found["river LinUCBDisjoint, alpha 0.2"] = lambda k, _d, s: River(k, s, explore=0.2)
    for name, args in (("epsilon 0.05", "--epsilon 0.05"), ("squarecb", "--squarecb")):
        spec: dict[str, object] = {"kind": "vw", "args": f"--cb_explore_adf {args} -q sa"}
        found[f"Vowpal Wabbit, {name}"] = lambda k, d, _s, spec=spec: OursAtOnce(build(spec, dimension=d), k)
    return found

# SPDX-License-Identifier: Apache-2.0
"""Other libraries as agents: they learn when a reward, or its absence, is known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from policy_bench.play import Drawn

Array = NDArray[np.float64]


class MABWiser:
    """MABWiser's LinUCB or LinTS, updated row by row."""

    def __init__(self, learner: str, arms: int, d: int, seed: int, *, explore: float) -> None:
        from mabwiser.mab import MAB, LearningPolicy  # noqa: PLC0415

        kind = {"LinUCB": LearningPolicy.LinUCB, "LinTS": LearningPolicy.LinTS}[learner]
        self._mab = MAB(list(range(arms)), kind(alpha=explore, l2_lambda=1.0), seed=seed)
        # It wants to be fitted before it is asked: one row of zeros says nothing.
        self._mab.fit([0], [0.0], np.zeros((1, d)))

    def choose(self, x: Array, *, u: float, seed: int) -> Drawn:  # noqa: ARG002
        """Return its prediction; it tells no probability."""
        return Drawn(int(self._mab.predict(x[None, :])))

    def shown(self, drawn: Drawn, x: Array, day: int) -> None:
        """Wait."""

    def rewarded(self, drawn: Drawn, x: Array, day: int, reward: float) -> None:  # noqa: ARG002
        """Learn a row."""
        self._mab.partial_fit([drawn.arm], [reward], x[None, :])


class River:
    """river's disjoint LinUCB."""

    def __init__(self, arms: int, seed: int, *, explore: float) -> None:
        from river.bandit import LinUCBDisjoint  # noqa: PLC0415

        self._arms = list(range(arms))
        self._policy = LinUCBDisjoint(alpha=explore, seed=seed)

    def choose(self, x: Array, *, u: float, seed: int) -> Drawn:  # noqa: ARG002
        """Return its pull; it tells no probability."""
        return Drawn(int(self._policy.pull(self._arms, context=dict(enumerate(x.tolist())))))

    def shown(self, drawn: Drawn, x: Array, day: int) -> None:
        """Wait."""

    def rewarded(self, drawn: Drawn, x: Array, day: int, reward: float) -> None:  # noqa: ARG002
        """Learn one."""
        self._policy.update(drawn.arm, dict(enumerate(x.tolist())), reward)

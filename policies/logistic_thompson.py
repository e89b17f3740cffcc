# SPDX-License-Identifier: Apache-2.0
"""Thompson sampling with logistic regressions, learned online (Chapelle & Li 2011, algorithm 3).

Each arm has independent Gaussian beliefs N(m_i, 1/q_i) about its coefficients; each contribution moves them
to the posterior's mode and adds its curvature there (Laplace). Draws of different arms are independent and
the logistic function is increasing, so probabilities come from the quadrature for Gaussians.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from scipy.special import expit

from policies.errors import InvalidState, NotAdditive
from policies.gaussian import best_gaussian
from policies.inputs import check_contributions, check_dimension, check_vectors
from policies.logistic import laplace_step
from policies.protocol import Belief, Bools, Contributions, Floats
from policies.settings import NonNegative, Positive, Settings
from policies.state import float_bytes, floats_from, seal, unseal


class LogisticThompsonSettings(Settings, frozen=True, kw_only=True):
    """Args: l2: prior precision; v: scale of the posterior's deviation; lowest: the reward that is a loss."""

    l2: Positive = 1.0
    v: NonNegative = 1.0
    lowest: Annotated[float, Meta(ge=-1.0, le=0.0)] = 0.0


class LogisticState(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Means m and precisions q of all arms, arms sorted."""

    arms: list[str]
    m: bytes
    q: bytes


class LogisticThompson:
    """Serve each arm with the probability that its draw of x'w_a is the largest."""

    kind: ClassVar[str] = "logistic_thompson"
    per_arm: ClassVar[bool] = False
    additive: ClassVar[bool] = False
    Settings: ClassVar[type[LogisticThompsonSettings]] = LogisticThompsonSettings

    def __init__(self, settings: LogisticThompsonSettings | None = None, *, dimension: int) -> None:
        self.settings = settings or LogisticThompsonSettings()
        self.dimension = check_dimension(dimension)
        self._rows: dict[str, int] = {}
        self._m = np.zeros((1, dimension))
        self._q = np.full((1, dimension), self.settings.l2)

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return the mean and deviation of the reward; `detail` has those of x'w_a."""
        check_vectors(x, arms=arms, dimension=self.dimension)
        at = [self._rows.get(arm, 0) for arm in arms]
        if x.shape[1] == 1:
            s, variance = x[:, 0] @ self._m[at].T, (x[:, 0] ** 2) @ (1.0 / self._q[at]).T
        else:
            s = np.einsum("bkd,kd->bk", x, self._m[at])
            variance = np.einsum("bkd,kd->bk", x * x, 1.0 / self._q[at])
        variance *= self.settings.v**2
        low = self.settings.lowest
        # The mean of a logistic of a Gaussian (MacKay 1992); its deviation to first order.
        p = expit(s / np.sqrt(1.0 + np.pi * variance / 8.0))
        deviation = np.sqrt(variance)
        return Belief(low + (1.0 - low) * p, (1.0 - low) * p * (1.0 - p) * deviation, detail=(s, deviation))

    def probabilities(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats:  # noqa: ARG002
        """Return the probability that each eligible arm is the best of them."""
        s, deviation = belief.detail
        return best_gaussian(s, deviation, eligible)

    def notes(self, belief: Belief, eligible: Bools, *, seeds: Sequence[int]) -> Floats | None:  # noqa: ARG002
        """Nothing to note."""
        return None

    def update(self, learned: Contributions) -> None:
        """Take one step for each contribution, in the given order."""
        check_contributions(learned, dimension=self.dimension)
        low = self.settings.lowest
        # Rewards become labels between 0 and 1; a label changes by (change - low weight) / (1 - low).
        labels = (learned.change - low * learned.weight) / (1.0 - low)
        for arm, x, weight, label in zip(learned.arms, learned.x, learned.weight, labels, strict=True):
            row = self._row(arm)
            laplace_step(self._m[row], self._q[row], x, weight=weight, label=label, least=self.settings.l2)

    def dump(self) -> bytes:
        """Return means and precisions."""
        arms = sorted(self._rows)
        at = [self._rows[arm] for arm in arms]
        state = LogisticState(arms, float_bytes(self._m[at]), float_bytes(self._q[at]))
        return seal(self.kind, self.dimension, state)

    def load(self, data: bytes) -> None:
        """Take over means and precisions."""
        state = unseal(data, self.kind, self.dimension, LogisticState)
        shape = (len(state.arms), self.dimension)
        m, q = floats_from(state.m, "m", shape), floats_from(state.q, "q", shape)
        if state.arms != sorted(set(state.arms)) or not (q > 0.0).all():
            raise InvalidState("state", got="unsorted arms or a precision of 0", allowed="what it dumped")
        self._rows = {arm: row for row, arm in enumerate(state.arms, start=1)}
        self._m = np.concatenate([np.zeros((1, self.dimension)), m])
        self._q = np.concatenate([np.full((1, self.dimension), self.settings.l2), q])

    def merge(self, data: bytes) -> None:  # noqa: ARG002
        """Refuse: steps of different policies cannot be added."""
        raise NotAdditive("merge", got=self.kind, allowed="policies whose state is a sum")

    def forget(self, *, before: int) -> None:
        """Days are not told apart."""

    def _row(self, arm: str) -> int:
        if arm not in self._rows:
            self._rows[arm] = len(self._m)
            self._m = np.concatenate([self._m, self._m[:1]])
            self._q = np.concatenate([self._q, self._q[:1]])
        return self._rows[arm]

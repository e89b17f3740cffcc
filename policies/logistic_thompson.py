# SPDX-License-Identifier: Apache-2.0
"""Thompson sampling with logistic regressions, learned online (Chapelle & Li 2011, algorithm 3).

Each arm has a Gaussian belief N(m, S) about its coefficients; each contribution moves it to the posterior's
mode and adds the curvature there (Laplace). Draws of different arms are independent and the logistic function
is increasing, so probabilities come from the quadrature for Gaussians.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
import numpy as np
from scipy.special import expit

from policies.errors import InvalidState, NotAdditive
from policies.gaussian import best_gaussian
from policies.inputs import check_dimension, check_vectors, checked
from policies.logistic import laplace_step
from policies.packing import Packing
from policies.protocol import Belief, Bools, Contributions, Findings, Floats
from policies.settings import Lowest, NonNegative, Positive, Settings
from policies.state import float_bytes, floats_from, seal, unseal
from policies.widening import narrower


class LogisticThompsonSettings(Settings, frozen=True, kw_only=True):
    """Args: l2: prior precision; v: scale of the posterior's deviation; lowest: the reward that is a loss
    (null: the least that there can be)."""

    l2: Positive = 1.0
    v: NonNegative = 0.3
    lowest: Lowest | None = None


class LogisticState(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Means m and packed covariances S of all arms, arms sorted."""

    arms: list[str]
    m: bytes
    covariance: bytes


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
        self._packing = Packing(dimension)
        # The first row is the prior, of arms never seen.
        self._m = np.zeros((1, dimension))
        self._covariance = self._packing.pack(np.eye(dimension) / self.settings.l2)[None]

    def believe(self, arms: Sequence[str], x: Floats) -> Belief:
        """Return the mean and deviation of the reward; `detail` has those of x'w_a."""
        check_vectors(x, arms=arms, dimension=self.dimension)
        at = [self._rows.get(arm, 0) for arm in arms]
        form = self._packing.form(x)
        if x.shape[1] == 1:
            s, variance = x[:, 0] @ self._m[at].T, form[:, 0] @ self._covariance[at].T
        else:
            s = np.einsum("bkd,kd->bk", x, self._m[at])
            variance = np.einsum("bkp,kp->bk", form, self._covariance[at])
        variance = np.maximum(variance, 0.0) * self.settings.v**2
        low = self.settings.lowest or 0.0
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
        learned = checked(learned, dimension=self.dimension)
        low = self.settings.lowest or 0.0
        # Rewards become labels between 0 and 1; a label changes by (change - low weight) / (1 - low).
        labels = (learned.change - low * learned.weight) / (1.0 - low)
        for arm, x, weight, label in zip(learned.arms, learned.x, learned.weight, labels, strict=True):
            row = self._row(arm)
            laplace_step(self._m[row], self._covariance[row], x, weight=float(weight), label=float(label))

    def report(self, *, scale: float = 1.0) -> Findings:  # noqa: ARG002
        """Nothing to report."""
        return {}

    def dump(self) -> bytes:
        """Return means and covariances."""
        arms = sorted(self._rows)
        at = [self._rows[arm] for arm in arms]
        state = LogisticState(arms, float_bytes(self._m[at]), float_bytes(self._covariance[at]))
        return seal(self.kind, self.dimension, state)

    def load(self, data: bytes) -> None:
        """Take over means and covariances."""
        self._take_over(unseal(data, self.kind, self.dimension, LogisticState), self.dimension)

    def adopt(self, data: bytes) -> None:
        """Take over means and covariances of the first of the features; the others are at their prior."""
        old = narrower(data, dimension=self.dimension)
        self._take_over(unseal(data, self.kind, old, LogisticState), old)

    def _take_over(self, state: LogisticState, old: int) -> None:
        count, new = len(state.arms), self.dimension
        packing = Packing(old)
        m = np.zeros((count, new))
        m[:, :old] = floats_from(state.m, "m", (count, old))
        square = np.tile(np.eye(new) / self.settings.l2, (count, 1, 1))
        square[:, :old, :old] = packing.unpack(
            floats_from(state.covariance, "covariance", (count, packing.size))
        )
        covariance = self._packing.pack(square)
        if state.arms != sorted(set(state.arms)):
            raise InvalidState("arms", got=state.arms, allowed="arms in sorted order, each once")
        self._rows = {arm: row for row, arm in enumerate(state.arms, start=1)}
        self._m = np.concatenate([self._m[:1], m])
        self._covariance = np.concatenate([self._covariance[:1], covariance])

    def merge(self, data: bytes) -> None:  # noqa: ARG002
        """Refuse: steps of different policies cannot be added."""
        raise NotAdditive("merge", got=self.kind, allowed="policies whose state is a sum")

    def move(self, arm: str, *, to: str) -> None:
        """Let `to` take over what an arm has learned if nothing is known of it, else drop that."""
        if arm == to or arm not in self._rows:
            return
        row = self._rows.pop(arm)
        if to not in self._rows:
            self._rows[to] = row
            return
        # The last row takes the place of the one that goes.
        last = len(self._m) - 1
        self._m[row], self._covariance[row] = self._m[last], self._covariance[last]
        self._rows = {name: row if at == last else at for name, at in self._rows.items()}
        self._m, self._covariance = self._m[:last].copy(), self._covariance[:last].copy()

    def forget(self, *, today: int) -> None:
        """Days are not told apart."""

    def _row(self, arm: str) -> int:
        if arm not in self._rows:
            self._rows[arm] = len(self._m)
            self._m = np.concatenate([self._m, self._m[:1]])
            self._covariance = np.concatenate([self._covariance, self._covariance[:1]])
        return self._rows[arm]

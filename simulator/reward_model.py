# SPDX-License-Identifier: Apache-2.0
"""Cross-fitted reward models for the direct method and for doubly robust estimators. Needs scikit-learn.

A row's values come from a model that was fitted without the row, so that a flexible model cannot repeat the
row's own reward (Chernozhukov et al. 2018).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from threadpoolctl import threadpool_limits

from bandit.errors import Invalid
from simulator.logs.partition import Floats, Ints
from simulator.logs.rows import Rows

# rows used for fitting: beyond this a linear model over a few hundred columns gains nothing
MOST_ROWS = 200_000
# Knuth's multiplicative hash spreads consecutive positions over folds
SPREAD = 2_654_435_761

MODELS: dict[str, tuple[Callable[[int], Any], Callable[[int], Any]]] = {
    "linear": (
        lambda seed: LogisticRegression(C=1.0, max_iter=1000, random_state=seed),
        lambda seed: Ridge(alpha=1.0, random_state=seed),
    ),
    "boosted": (
        lambda seed: HistGradientBoostingClassifier(max_iter=100, random_state=seed),
        lambda seed: HistGradientBoostingRegressor(max_iter=100, random_state=seed),
    ),
}


def folds_of(positions: Ints, folds: int, *, seed: int) -> Ints:
    """The fold of each row, by its position in the log and nothing else."""
    mixed: Ints = ((positions + seed + 1) * SPREAD % 2**32) * folds >> 32
    return mixed


@dataclass
class RewardModel:
    """One model a fold over context and arm.

    Args:
        kind: a key of `MODELS`.
        folds: how many; each row is predicted by the model that did not see its fold.
        seed: of folds and models.
    """

    kind: str = "linear"
    folds: int = 3
    seed: int = 0
    arms: int = 0
    fitted: list[Any] = field(default_factory=list)
    binary: bool = True
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in MODELS:
            raise Invalid(
                f"reward model: got {self.kind!r}; allowed {', '.join(MODELS)}", field="reward_model"
            )
        if self.folds < 2:
            raise Invalid(f"folds: got {self.folds}; allowed 2 or more", field="folds")

    def fit(
        self, context: Floats | None, action: Ints, reward: Floats, positions: Ints, *, arms: int
    ) -> None:
        """Fit one model for each fold on the rows of the others.

        Args:
            context: shape (n, d), None without features.
            action: shown arms, shape (n,).
            reward: shape (n,).
            positions: of the rows in the log, shape (n,).
            arms: how many there are.
        """
        self.arms = arms
        x = _design(context, action, arms)
        values = np.unique(reward)
        self.binary = values.shape[0] <= 2
        self.low = float(values[0]) if values.shape[0] else 0.0
        self.high = float(values[-1]) if values.shape[0] else 0.0
        fold = folds_of(positions, self.folds, seed=self.seed)
        self.fitted = []
        # one thread: on a busy machine OpenMP's waiting costs more than its threads bring
        with threadpool_limits(1):
            self._fit_folds(x, reward, fold)

    def _fit_folds(self, x: Floats, reward: Floats, fold: Ints) -> None:
        classifier, regressor = MODELS[self.kind]
        for k in range(self.folds):
            other = fold != k
            y = reward[other]
            if np.unique(y).shape[0] < 2:
                # a constant is all that rewards without variation can teach
                self.fitted.append(float(y.mean()) if y.shape[0] else self.low)
            elif self.binary:
                self.fitted.append(classifier(self.seed).fit(x[other], (y == self.high).astype(int)))
            else:
                self.fitted.append(regressor(self.seed).fit(x[other], y))

    def values(self, rows: Rows, positions: Ints) -> Floats:
        """`q(x, a)` of all arms, shape (n, K), each row by the model that did not see it."""
        fold = folds_of(positions, self.folds, seed=self.seed)
        q = np.empty((len(rows), self.arms))
        with threadpool_limits(1):
            for k, model in enumerate(self.fitted):
                mine = np.flatnonzero(fold == k)
                if mine.shape[0]:
                    context = None if rows.context is None else rows.context[mine]
                    q[mine] = self._predict(model, context, mine.shape[0])
        return q

    def mean_values(self, rows: Rows) -> Floats:
        """`q(x, a)` of all arms, shape (n, K), as the mean over the folds: for rows that none of them saw."""
        with threadpool_limits(1):
            several = [self._predict(model, rows.context, len(rows)) for model in self.fitted]
        mean: Floats = np.mean(several, axis=0)
        return mean

    def _predict(self, model: Any, context: Floats | None, n: int) -> Floats:
        if isinstance(model, float):
            return np.full((n, self.arms), model)
        if hasattr(model, "coef_"):
            # linear in context plus arm: one product for the rows, one number an arm
            coefficients = np.ravel(model.coef_)
            d = coefficients.shape[0] - self.arms
            base = np.zeros(n) if context is None else context @ coefficients[:d]
            scores = base[:, None] + coefficients[None, d:] + float(np.ravel(model.intercept_)[0])
            return self._rewards(1 / (1 + np.exp(-scores))) if self.binary else scores
        out = np.empty((n, self.arms))
        for arm in range(self.arms):
            x = _design(context, np.full(n, arm, dtype=np.int64), self.arms)
            out[:, arm] = self._rewards(model.predict_proba(x)[:, 1]) if self.binary else model.predict(x)
        return out

    def _rewards(self, probability: Floats) -> Floats:
        return self.low + (self.high - self.low) * probability


def _design(context: Floats | None, action: Ints, arms: int) -> Floats:
    shown = (action[:, None] == np.arange(arms)).astype(np.float64)
    return shown if context is None else np.concatenate([context, shown], axis=1)

# SPDX-License-Identifier: Apache-2.0
"""Logged decisions of one slot each, as arrays: the shape that every reader yields and every estimator eats.

Symbols: `n` rows, `K` arms, `d` features.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bandit.errors import Invalid

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# float32 probabilities, as Vowpal Wabbit writes them, sum to 1 within this
ROUNDING = 1e-4


@dataclass(frozen=True, slots=True)
class Partition:
    """A run of consecutive rows of a log.

    Args:
        reward: shape (n,), finite.
        propensity: probability with which the shown arm was drawn, shape (n,), in (0, 1].
        action: column of the shown arm, shape (n,), in [0, K).
        probabilities: the logger's whole probability vector, shape (n, K), None if it was not logged.
        likelihood: probability with which each arm would have had the features that the shown arm had,
            shape (n, K); 0 or 1 where features are fixed, None if arms have none.
        context: what was known, shape (n, d), None if the log has no features.
        logger: which of several loggers took the decision, shape (n,); None means one logger.
        mixture: probability of the shown arm under the mixture of all loggers, each counted by its share
            of the rows, shape (n,); what balanced weights divide by.
        keep: probability with which the row survived sampling of the log, shape (n,), in (0, 1];
            None means all 1.
        start: position of the first row in the whole log, which decides the bootstrap group of a row.

    Raises:
        Invalid: a field has the wrong shape or a value outside its range; nothing is repaired here.
    """

    reward: Floats
    propensity: Floats
    action: Ints
    probabilities: Floats | None = None
    likelihood: Floats | None = None
    context: Floats | None = None
    logger: Ints | None = None
    mixture: Floats | None = None
    keep: Floats | None = None
    start: int = 0

    def __post_init__(self) -> None:
        n = self.reward.shape[0]
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray) and value.shape[:1] != (n,):
                raise Invalid(f"{field.name}: got {value.shape[:1]} rows; allowed {n}", field=field.name)
        if n == 0:
            return
        if not np.isfinite(self.reward.sum()) and not np.isfinite(self.reward).all():
            row = int(np.flatnonzero(~np.isfinite(self.reward))[0])
            raise Invalid(f"reward: got {self.reward[row]} in row {self.start + row}; allowed finite numbers")
        for name in ("propensity", "mixture", "keep"):
            self._check_probability(name)
        if self.action.min() < 0 or (
            self.probabilities is not None and self.action.max() >= self.probabilities.shape[1]
        ):
            raise Invalid("action: got a column that does not exist; allowed 0 to K-1", field="action")
        if self.probabilities is not None:
            check_vectors(self.probabilities, name="probabilities of the logger", start=self.start)

    def _check_probability(self, name: str) -> None:
        value = getattr(self, name)
        if value is None or (value.min() > 0 and value.max() <= 1 + 1e-6):
            return
        row = int(np.flatnonzero(~((value > 0) & (value <= 1 + 1e-6)))[0])
        raise Invalid(f"{name}: got {value[row]} in row {self.start + row}; allowed (0, 1]", field=name)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.reward.shape[0])

    def take(self, rows: slice) -> Partition:
        """The same columns for a run of rows."""
        first, _, _ = rows.indices(self.rows)
        cut: dict[str, Any] = {
            field.name: value[rows] if isinstance(value := getattr(self, field.name), np.ndarray) else value
            for field in fields(self)
        }
        cut["start"] = self.start + first
        return Partition(**cut)


@dataclass(frozen=True, slots=True)
class Target:
    """What the evaluated policy would do on the rows of a partition.

    Args:
        probability: probability that it gives to the shown arm, shape (n,).
        probabilities: its whole vector, shape (n, K), all 0 where it shows nothing; None if only
            `probability` is known.
        predicted: the reward model's value of the shown arm, shape (n,): `q(x, a)`.
        expected: the reward model's value of the policy, shape (n,): sum over arms of `pi(a|x) q(x, a)`.
        q: the reward model's values of all arms, shape (n, K).

    Raises:
        Invalid: something is no probability, or a vector does not sum to 1; nothing is repaired here.
    """

    probability: Floats
    probabilities: Floats | None = None
    predicted: Floats | None = None
    expected: Floats | None = None
    q: Floats | None = None

    def __post_init__(self) -> None:
        p, vectors = self.probability, self.probabilities
        if vectors is not None:
            if vectors.shape[0] != p.shape[0]:
                raise Invalid(
                    f"policy: got {vectors.shape[0]} vectors; allowed {p.shape[0]}, one a row", field="policy"
                )
            check_vectors(vectors, name="probabilities of the policy", may_be_empty=True)
        elif p.shape[0] and not (p.min() >= 0 and p.max() <= 1 + ROUNDING):
            row = int(np.flatnonzero(~((p >= 0) & (p <= 1 + ROUNDING)))[0])
            raise Invalid(
                f"policy: got probability {p[row]:.6g} in row {row}; allowed 0 to 1", field="policy"
            )

    @classmethod
    def of(cls, logged: Partition, probabilities: Floats, *, q: Floats | None = None) -> Target:
        """Reduce whole vectors to what estimators need.

        Args:
            logged: the rows.
            probabilities: the policy's vectors, shape (n, K).
            q: the reward model's values of all arms, shape (n, K).

        Raises:
            Invalid: a vector is none of probabilities, or the rows or arms are not those of the log.
        """
        n, arms = logged.rows, probabilities.shape[1] if probabilities.ndim == 2 else 0
        if probabilities.shape[0] != n or (n and logged.action.max() >= arms):
            raise Invalid(
                f"policy: got vectors of shape {probabilities.shape}; allowed ({n}, K), an entry an arm",
                field="policy",
            )
        rows = np.arange(n)
        if q is None:
            return cls(probabilities[rows, logged.action], probabilities)
        return cls(
            probability=probabilities[rows, logged.action],
            probabilities=probabilities,
            predicted=q[rows, logged.action],
            expected=np.einsum("nk,nk->n", probabilities, q),
            q=q,
        )

    def take(self, rows: slice) -> Target:
        """The same columns for a run of rows."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        cut: dict[str, Any] = {name: None if c is None else c[rows] for name, c in columns.items()}
        return Target(**cut)


def check_vectors(p: Floats, *, name: str, start: int = 0, may_be_empty: bool = False) -> None:
    """Raise Invalid unless every row of `p`, shape (n, K), is a vector of probabilities.

    `may_be_empty` says whether a row may be all zeros.
    """
    if p.shape[0] == 0:
        return
    sums = p.sum(axis=1)
    away = np.abs(sums - 1.0)
    if may_be_empty:
        away[sums == 0] = 0.0
    # negated, so that NaN fails as well
    if not away.max() <= ROUNDING:
        row = int(np.flatnonzero(~(away <= ROUNDING))[0])
        raise Invalid(
            f"{name}: got sum {sums[row]:.6g} in row {start + row}; allowed 1", field="probabilities"
        )
    if p.min() < 0:
        row = int(np.flatnonzero((p < 0).any(axis=1))[0])
        raise Invalid(
            f"{name}: got {p[row].min():.6g} in row {start + row}; allowed 0 to 1", field="probabilities"
        )


def weights(logged: Partition, target: Target) -> Floats:
    """Importance weights `w = pi(a|x) / p(a|x)`, shape (n,)."""
    if target.probability.shape != logged.propensity.shape:
        raise Invalid(
            f"policy: got {target.probability.shape[0]} rows; allowed {logged.rows}, those of the log",
            field="policy",
        )
    w: Floats = target.probability / logged.propensity
    return w

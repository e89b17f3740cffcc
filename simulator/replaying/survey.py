# SPDX-License-Identifier: Apache-2.0
"""What must be known of a log before it is replayed: ranges of features and rewards, and propensities.

Only ranges and propensities are looked at, never which arm earned what, so nothing leaks to the policies.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from bandit.core.features import UNIT
from bandit.errors import Invalid
from simulator.logs.check import LogCheck
from simulator.logs.partition import Floats
from simulator.logs.rows import Log, Rows
from simulator.replaying.batch import Counts

# the share of a log's rows that may be too rare to be accepted as often as a policy would choose them
TOO_RARE = 0.05


@dataclass
class Survey:
    """What one reading of the usable rows of a log shows."""

    arms: int
    low: Floats | None = None
    high: Floats | None = None
    least_reward: float = np.inf
    largest_reward: float = -np.inf
    uniform: bool = True
    drawn: list[Floats] = field(default_factory=list)

    @classmethod
    def of(cls, log: Log, *, uniform: bool = False) -> Survey:
        """Read a log; `uniform` says that a log without propensities was logged uniformly at random.

        Raises:
            Invalid: no row can be used, or there are no propensities and nobody says that none are needed.
        """
        survey, check = cls(len(log.arms)), LogCheck(arms=len(log.arms))
        for batch in log.batches():
            survey.add(check.add(with_propensities(batch, arms=len(log.arms), uniform=uniform)))
        if not check.used:
            raise Invalid(_nothing_left(check), field="log")
        return survey

    def add(self, rows: Rows) -> None:
        """Look at usable rows."""
        if not len(rows):
            return
        if rows.context is not None:
            low, high = rows.context.min(axis=0), rows.context.max(axis=0)
            self.low = low if self.low is None else np.minimum(self.low, low)
            self.high = high if self.high is None else np.maximum(self.high, high)
        self.least_reward = min(self.least_reward, float(rows.reward.min()))
        self.largest_reward = max(self.largest_reward, float(rows.reward.max()))
        p = drawn_with(rows)
        self.uniform = self.uniform and bool(np.allclose(p, 1 / count_open(rows, self.arms), rtol=1e-6))
        self.drawn.append(p)

    def acceptance(self) -> float:
        """The factor c of acceptance: the least propensity of a uniform log, else a low quantile of them."""
        drawn = np.concatenate(self.drawn)
        return float(drawn.min() if self.uniform else np.quantile(drawn, TOO_RARE, method="lower"))

    @property
    def dimension(self) -> int:
        """Length of the vectors: a constant and the log's features."""
        return 1 if self.low is None else 1 + self.low.shape[0]

    def vectors(self, context: Floats | None, rows: int) -> Counts:
        """Vectors in counts of 2^-10, shape (n, d): columns that leave [-1, 1] are scaled to it by range."""
        x = np.ones((rows, self.dimension))
        if context is not None and self.low is not None and self.high is not None:
            wide = (self.low < -1) | (self.high > 1)
            span = np.where(self.high > self.low, self.high - self.low, 1.0)
            x[:, 1:] = np.where(wide, 2 * (context - self.low) / span - 1, context)
        return np.rint(np.clip(x, -1.0, 1.0) / UNIT).astype(np.int16)


def with_propensities(rows: Rows, *, arms: int, uniform: bool) -> Rows:
    """Rows of which each says with which probability its arm was drawn.

    Raises:
        Invalid: they do not, and nobody says that the logger chose uniformly.
    """
    if rows.propensity is not None:
        return rows
    if not uniform:
        raise Invalid(
            "propensity: got a log without propensities; allowed without them only with --uniform, "
            "if the logger chose uniformly among the eligible arms",
            field="propensity",
        )
    return replace(rows, propensity=1 / count_open(rows, arms))


def count_open(rows: Rows, arms: int) -> Floats:
    """How many arms could be shown in each row, shape (n,)."""
    if rows.eligible is None:
        return np.full(len(rows), float(arms))
    counts: Floats = rows.eligible.sum(axis=1).astype(np.float64)
    return counts


def drawn_with(rows: Rows) -> Floats:
    """The probability with which a row's arm was drawn and the row was kept, shape (n,)."""
    p = np.ones(len(rows)) if rows.propensity is None else rows.propensity
    return p if rows.keep is None else p * rows.keep


def _nothing_left(check: LogCheck) -> str:
    if not check.rows:
        return "log: got no rows; allowed one row or more"
    why = "; ".join(f"{one.count} with {one.name} ({one.example})" for one in check.findings() if one.dropped)
    return f"log: got no row that can be used out of {check.rows}: {why}"

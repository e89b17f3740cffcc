# SPDX-License-Identifier: Apache-2.0
"""The log check: what is wrong with a log, with a count and an example, before any of it is believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from simulator.logs.finding import Finding
from simulator.logs.marks import Marks, mark
from simulator.logs.partition import ROUNDING
from simulator.logs.rows import Bools, Rows
from simulator.mean_weight import MeanWeight


@dataclass(frozen=True, slots=True)
class RowCheck:
    """A check that looks at one row at a time.

    Args:
        name: of the finding.
        bad: which rows of a batch are wrong, None where the log lacks the columns.
        show: one wrong row in words.
        dropped: whether such rows can be used at all.
    """

    name: str
    bad: Callable[[Rows], Bools | None]
    show: Callable[[Rows, int], str]
    dropped: bool = True


def _propensity(rows: Rows) -> Bools | None:
    if rows.propensity is None:
        return None
    p = rows.propensity
    fine: Bools = (p > 0) & (p <= 1 + 1e-6)
    return ~fine


def _vector(rows: Rows) -> Bools | None:
    if rows.probabilities is None:
        return None
    p = rows.probabilities
    fine: Bools = (np.abs(p.sum(axis=1) - 1) <= ROUNDING) & (p >= 0).all(axis=1)
    return ~fine


def _contradiction(rows: Rows) -> Bools | None:
    if rows.probabilities is None or rows.propensity is None:
        return None
    known = (rows.action >= 0) & (rows.action < rows.probabilities.shape[1])
    entry = rows.probabilities[np.arange(len(rows)), np.where(known, rows.action, 0)]
    alike: Bools = np.abs(entry - rows.propensity) <= ROUNDING
    wrong: Bools = known & ~alike
    return wrong


def _keep(rows: Rows) -> Bools | None:
    return None if rows.keep is None else ~((rows.keep > 0) & (rows.keep <= 1))


def _mixture(rows: Rows) -> Bools | None:
    return None if rows.mixture is None else ~((rows.mixture > 0) & (rows.mixture <= 1 + 1e-6))


ROW_CHECKS = (
    RowCheck(
        "propensity outside (0, 1]",
        _propensity,
        lambda rows, i: f"propensity {_one(rows.propensity, i)}",
    ),
    RowCheck(
        "missing reward",
        lambda rows: ~np.isfinite(rows.reward),
        lambda rows, i: f"reward {rows.reward[i]}",
    ),
    RowCheck("unknown arm", lambda rows: rows.action < 0, lambda rows, i: f"arm {rows.action[i]}"),
    RowCheck(
        "probabilities do not sum to 1",
        _vector,
        lambda rows, i: (
            f"sum {_one(None if rows.probabilities is None else rows.probabilities.sum(axis=1), i)}"
        ),
    ),
    RowCheck(
        "propensity differs from its vector",
        _contradiction,
        lambda rows, i: f"propensity {_one(rows.propensity, i)}, arm {rows.action[i]}",
    ),
    RowCheck("sampling rate outside (0, 1]", _keep, lambda rows, i: f"kept with {_one(rows.keep, i)}"),
    RowCheck("mixture outside (0, 1]", _mixture, lambda rows, i: f"mixture {_one(rows.mixture, i)}"),
)


def _one(column: object, i: int) -> str:
    return f"{column[i]:.6g}" if isinstance(column, np.ndarray) else "none"


@dataclass
class LogCheck:
    """Looks at batches in order, remembers what it found, and passes on the rows that can be used.

    Pieces of a log may be checked apart and merged in order. What one piece cannot know of those before it
    is whether it repeats their rows and whether it goes back behind them in time: `resume` says so.
    """

    arms: int = 0
    seen: Marks = field(default_factory=Marks)
    latest: float = -np.inf
    earliest: float = np.inf
    rows: int = 0
    used: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, bool] = field(default_factory=dict)
    certain: int = 0
    weights: MeanWeight = field(default_factory=MeanWeight)

    def add(self, rows: Rows) -> Rows:
        """Check a batch; what comes back holds only rows that estimators can use."""
        bad = np.zeros(len(rows), dtype=bool)
        for check in ROW_CHECKS:
            wrong = check.bad(rows)
            if wrong is not None and wrong.any():
                first = int(np.argmax(wrong))
                self._found(check.name, int(wrong.sum()), check.show(rows, first), rows, first, check.dropped)
                bad |= wrong if check.dropped else False
        bad |= self._duplicates(rows)
        self._time(rows)
        self.rows += len(rows)
        kept = rows.where(~bad) if bad.any() else rows
        self.used += len(kept)
        self._uniform_weights(kept)
        return kept

    def resume(self, part: LogCheck) -> LogCheck | None:
        """A fresh check that knows what that of the next piece should have known; None if that is nothing."""
        repeated = self.seen.shared(part.seen)
        if not repeated.shape[0] and part.earliest >= self.latest:
            return None
        knowing = LogCheck(arms=self.arms, latest=self.latest)
        knowing.seen.add(repeated)
        return knowing

    def merge(self, part: LogCheck) -> None:
        """Take up what was found in the next piece."""
        for name, count in part.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count
            self.examples.setdefault(name, part.examples[name])
            self.dropped[name] = part.dropped[name]
        self.rows += part.rows
        self.used += part.used
        self.certain += part.certain
        self.weights.merge(part.weights)
        self.latest, self.earliest = max(self.latest, part.latest), min(self.earliest, part.earliest)
        self.seen.merge(part.seen)

    def findings(self) -> list[Finding]:
        """Everything found so far, in the order in which it was found."""
        found = [
            Finding(name, count, self.examples[name], self.dropped[name])
            for name, count in self.counts.items()
        ]
        if self.used and self.certain == self.used:
            found.append(
                Finding("deterministic logger", self.certain, "every arm was shown with probability 1", False)
            )
        if self.weights.judge() == "wrong" and self.certain < self.used:
            mean, error = self.weights.mean, self.weights.error
            text = f"weights of a uniform policy average {mean:.4g} (+- {error:.2g}) instead of 1"
            found.append(Finding("wrong mean weight", self.used, text, False))
        return found

    def _found(self, name: str, count: int, text: str, rows: Rows, i: int, dropped: bool) -> None:
        self.counts[name] = self.counts.get(name, 0) + count
        self.examples.setdefault(name, f"row {rows.start + i}: {text}")
        self.dropped[name] = dropped

    def _duplicates(self, rows: Rows) -> Bools:
        if rows.identity is None or not len(rows):
            return np.zeros(len(rows), dtype=bool)
        again = self.seen.add(mark(rows.identity))
        if again.any():
            first = int(np.argmax(again))
            self._found(
                "duplicate row", int(again.sum()), f"decision {rows.identity[first]}", rows, first, True
            )
        return again

    def _time(self, rows: Rows) -> None:
        if rows.at is None or not len(rows):
            return
        known = rows.at[np.isfinite(rows.at)]
        if known.shape[0]:
            self.earliest = min(self.earliest, float(known[0]))
        peaks = np.maximum.accumulate(np.concatenate([[self.latest], np.nan_to_num(rows.at, nan=-np.inf)]))
        back = rows.at < peaks[:-1]
        if back.any():
            first = int(np.argmax(back))
            text = f"{peaks[first] - rows.at[first]:.6g} s before an earlier row"
            self._found("time goes backwards", int(back.sum()), text, rows, first, False)
        self.latest = float(peaks[-1])

    def _uniform_weights(self, rows: Rows) -> None:
        if rows.propensity is None or not len(rows):
            return
        self.certain += int(np.count_nonzero(rows.propensity >= 1 - 1e-9))
        vectors = rows.probabilities
        if rows.eligible is not None:
            arms = rows.eligible.sum(axis=1).astype(np.float64)
        else:
            arms = np.full(len(rows), float(self.arms if vectors is None else vectors.shape[1]))
        if not (arms > 0).all():
            return
        w = 1.0 / (arms * rows.propensity)
        if vectors is None:
            self.weights.add(w)
            return
        even = np.ones(vectors.shape) if rows.eligible is None else rows.eligible
        self.weights.add(w, logger=vectors, policy=even / arms[:, None])

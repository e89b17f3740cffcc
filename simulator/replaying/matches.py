# SPDX-License-Identifier: Apache-2.0
"""What a policy earned on the rows that it was accepted on, how that grew, and how far it can be believed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from simulator.diagnostics import Diagnosis
from simulator.estimators.on_policy import OnPolicy
from simulator.estimators.protocol import Estimate
from simulator.estimators.sums import RatioSums, Terms
from simulator.evaluation.results import Answer
from simulator.intervals.paired import paired_difference
from simulator.intervals.resampled import resampled_interval
from simulator.intervals.sway import influence_of, sway
from simulator.logs.partition import Partition
from simulator.logs.rows import Bools
from simulator.verdict import FEW_ROWS, NOTABLE_SUPPORT, OPEN_SUPPORT, Verdict, Word, judge, with_sway, worse

NAME = "replay"
# points of a learning curve: more cannot be told apart in a picture
POINTS = 100
LOST_MUCH = 0.10  # a tenth of all choices can turn the order of two policies
LOST_SOME = 0.01


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Where a policy stood: rows read, matches, mean reward of all, and of those since the last point."""

    row: int
    matches: int
    mean: float
    recent: float


@dataclass
class Matches:
    """Accepted rows of one policy, over all rows: `r` of the accepted over their number."""

    sums: RatioSums = field(default_factory=RatioSums)
    _rewards: list[np.ndarray] = field(default_factory=list)
    _rows: list[np.ndarray] = field(default_factory=list)

    def add(self, logged: Partition, accepted: Bools) -> None:
        """Add the rows of one batch."""
        one = accepted.astype(np.float64)
        self.sums.add(Terms(one * logged.reward, denominator=one), w=one, start=logged.start)
        rewards = logged.reward[accepted]
        self._rewards.append(rewards)
        self._rows.append(logged.start + np.flatnonzero(accepted))

    @property
    def count(self) -> int:
        """How many rows were accepted."""
        return int(self.sums.weight)

    def _rewarded(self) -> dict[str, Any]:
        """What a diagnosis says of rewards, of the accepted rows alone."""
        if not self.count:
            return {"rewarded_rows": 0.0, "max_reward_share": 0.0, "max_reward_row": -1}
        size, rows = np.abs(np.concatenate(self._rewards)), np.concatenate(self._rows)
        total, largest = float(size.sum()), int(size.argmax())
        return {
            "rewarded_rows": total**2 / float((size * size).sum()) if total else 0.0,
            "max_reward_share": float(size[largest]) / total if total else 0.0,
            "max_reward_row": int(rows[largest]) if total else -1,
        }

    def curve(self) -> tuple[CurvePoint, ...]:
        """At most `POINTS` points along the matches."""
        if not self.count:
            return ()
        rewards, rows = np.concatenate(self._rewards), np.concatenate(self._rows)
        total = np.concatenate([[0.0], np.cumsum(rewards)])
        ends = np.unique(np.linspace(0, len(rewards), min(POINTS, len(rewards)) + 1).astype(np.int64))
        return tuple(
            CurvePoint(
                int(rows[end - 1]) + 1,
                int(end),
                float(total[end] / end),
                float((total[end] - total[start]) / (end - start)),
            )
            for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
        )

    def answer(
        self,
        diagnosis: Diagnosis,
        *,
        lost: float,
        logger: OnPolicy,
        reward_range: tuple[float, float],
        level: float,
        arms: tuple[str, ...],
    ) -> Answer:
        """The mean reward of the matches as an answer like those of other estimators.

        Args:
            diagnosis: of the weights of all rows.
            lost: share of the policy's choices that the log makes too rarely.
            logger: what the logger earned on the same rows.
            reward_range: the least and largest reward that can occur.
            level: confidence.
            arms: names of the log's arms.
        """
        own = replace(
            diagnosis,
            effective_rows=float(self.count),
            max_weight=1.0,
            max_share=1 / self.count if self.count else 0.0,
            **self._rewarded(),
        )
        verdict = with_lost(judge(own, arm_names=arms), lost)
        value = self.sums.value()
        if value is None:
            return Answer(NAME, None, None, verdict, None)
        estimate = Estimate(value, self.sums.variance() ** 0.5, self.sums.count, float(self.count))
        interval = resampled_interval(self.sums, reward_range=reward_range, level=level)
        lift = paired_difference(
            self.sums, logger.sums, level=level, logged=logger.sums, reward_range=reward_range
        )
        verdict = with_sway(verdict, value=sway(influence_of(self.sums)), lift=lift.sway)
        return Answer(NAME, estimate, interval, verdict, lift)


def with_lost(verdict: Verdict, lost: float) -> Verdict:
    """A verdict that also knows how much of the policy's choices the log makes too rarely."""
    if lost <= LOST_SOME:
        return verdict
    word: Word = "cannot tell" if lost > LOST_MUCH else "caution"
    text = (
        f"{lost:.1%} of the policy's choices are too rare in the log to be replayed as often as it makes them"
    )
    return worse(verdict, word, text)


def with_closed(verdict: Verdict, closed: float) -> Verdict:
    """A verdict that also knows in which share of the rows the policy may show nothing."""
    if closed <= NOTABLE_SUPPORT:
        return verdict
    word: Word = "cannot tell" if closed > OPEN_SUPPORT else "caution"
    return worse(
        verdict, word, f"in {closed:.1%} of the rows nothing may be shown, and what that earns is not known"
    )


def with_matches(verdict: Verdict, matches: int) -> Verdict:
    """A verdict on an estimate from all rows, of a policy that learned from few of them."""
    if matches >= FEW_ROWS:
        return verdict
    return worse(verdict, "caution", f"it is about a policy that had {matches} rows to learn from")

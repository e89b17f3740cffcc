# SPDX-License-Identifier: Apache-2.0
"""Any log that `simulator.logs` reads, with a placement made for it: its arms, a column for each feature."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bandit.core.catalogue import Arm, Placement
from bandit.core.draw import chance
from bandit.core.features import Encoder
from bandit.core.schema import MAX_DIMENSION, FeatureSchema
from bandit.core.stage import Stage
from bandit.errors import Invalid
from policies import POLICIES
from policies.still import Still
from policies.tabular import Tabular
from simulator.logs.rows import Log, Rows
from simulator.replaying.batch import Batch, days_of, quantised
from simulator.replaying.survey import Survey, with_propensities

# what the placement is called, which salts its chance
PLACEMENT = "replay"


@dataclass(frozen=True)
class LoggedSource:
    """Rows as they are logged, in order, each slot a decision of its own.

    Args:
        log: the rows.
        survey: of the log.
        stage: the placement.
        scale: what a learned reward of 1 stands for.
        least: the least scaled reward that there can be, 0 where none is negative.
        seed: of what Monte Carlo policies draw.
        uniform: whether a log without propensities was logged uniformly.
    """

    log: Log
    survey: Survey
    stage: Stage
    scale: float
    least: float
    seed: int
    uniform: bool

    @classmethod
    def of(
        cls,
        log: Log,
        *,
        floor: float = 0.0,
        reward_range: tuple[float, float] | None = None,
        seed: int = 0,
        uniform: bool = False,
    ) -> LoggedSource:
        """Survey a log and make a placement for it.

        Args:
            log: the rows.
            floor: least probability of each eligible arm.
            reward_range: the least and largest reward that can occur; None takes what the log shows.
            seed: of what Monte Carlo policies draw.
            uniform: whether a log without propensities was logged uniformly.
        """
        survey = Survey.of(log, uniform=uniform)
        if survey.dimension > MAX_DIMENSION:
            raise Invalid(
                f"context: got {survey.dimension - 1} columns; allowed at most {MAX_DIMENSION - 1}",
                field="context",
            )
        low, high = reward_range or (survey.least_reward, survey.largest_reward)
        # a vector of at least two: feature hashing needs a column beside the constant one
        schema = FeatureSchema(dimension=max(survey.dimension, 2))
        placement = Placement(
            features=schema, floor=floor, holdout=0.0, context=(), arms={name: Arm() for name in log.arms}
        )
        stage = Stage(PLACEMENT, placement, Encoder(schema, {}))
        scale = max(abs(low), abs(high)) or 1.0
        return cls(log, survey, stage, scale, min(low, 0.0) / scale, seed, uniform)

    def batches(self) -> Iterator[Batch]:
        """Every row, those that the log check will leave out included."""
        for rows in self.log.batches():
            yield self._batch(with_propensities(rows, arms=len(self.log.arms), uniform=self.uniform))

    def _batch(self, rows: Rows) -> Batch:
        n, arms = len(rows), len(self.log.arms)
        x = self.survey.vectors(rows.context, n)
        if x.shape[1] < self.stage.encoder.dimension:
            x = np.pad(x, ((0, 0), (0, 1)))
        names = [f"{self.seed}/{rows.start + i}" for i in range(n)]
        return Batch(
            rows=rows,
            x=x,
            eligible=np.ones((n, arms), dtype=bool) if rows.eligible is None else rows.eligible,
            r=quantised(np.nan_to_num(rows.reward / self.scale)),
            day=days_of(rows.at, n),
            seeds=chance(names, PLACEMENT, count=0).seeds if n else [],
        )


def check_features(policy: Mapping[str, Any], *, features: bool) -> None:
    """Raise Invalid for a policy that learns from features on a log that has none."""
    kind = policy["kind"]
    if not features and not issubclass(POLICIES[kind], Tabular | Still):
        plain = sorted(name for name, made in POLICIES.items() if issubclass(made, Tabular | Still))
        raise Invalid(
            f"policy {kind}: got a log without features; allowed there: {', '.join(plain)}", field="context"
        )


def first_slots(log: Log) -> Log:
    """Only the first slot of every page."""

    def batches() -> Iterator[Rows]:
        start = 0
        for rows in log.batches():
            if rows.position is None:
                raise Invalid("slots: got a log without slots; allowed every", field="slots")
            first = rows.where(rows.position == 0)
            yield replace(first, start=start)
            start += len(first)

    count = sum(len(rows) for rows in batches())
    return replace(log, batches=batches, count=count, pieces=())

# SPDX-License-Identifier: Apache-2.0
"""A policy of the service that has learned from one log and is held still, so that another can judge it.

It learns as the service would from what was shown: exact sums where the policy's state is a sum, so that
pieces of a log may teach copies that are then merged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from threadpoolctl import threadpool_limits

from bandit.core.catalogue import Arm, Placement
from bandit.core.draw import chance
from bandit.core.features import Encoder
from bandit.core.schema import MAX_DIMENSION, FeatureSchema
from bandit.core.stage import Stage
from bandit.errors import Invalid
from policies import Contributions, Policy, build
from simulator.logs.check import LogCheck
from simulator.logs.partition import Floats
from simulator.logs.rows import Log, Rows
from simulator.partitioning.crew import ALONE, Crew
from simulator.partitioning.pieces import over_pieces
from simulator.replaying.batch import days_of, quantised
from simulator.replaying.logged import check_features
from simulator.replaying.spread import spread, vectors_for
from simulator.replaying.survey import Survey
from simulator.targets.learning import parse_policy
from simulator.targets.policy import Answered, Asked
from simulator.training.targets import TRAINABLE

# rows scored at once: vectors of all arms of all rows of a batch would not fit
SCORED_AT_ONCE = 2048
# salts the chance of policies that estimate by Monte Carlo
SALT = "evaluation"


@dataclass(frozen=True, slots=True)
class Learner:
    """Everything about learning but what is learned.

    Args:
        spec: the policy as in a catalogue, as JSON.
        arms: names of the arms.
        low: least value of each feature in the log that is learned from.
        high: the largest one.
        scale: what a learned reward of 1 stands for.
        least: the least scaled reward that there can be, 0 where none is negative.
    """

    spec: bytes
    arms: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    scale: float
    least: float

    @property
    def dimension(self) -> int:
        """Length of the vectors: a constant and the features, at least two."""
        return max(len(self.low) + 1, 2)

    def fresh(self) -> Policy:
        """One that has learned nothing."""
        return build(msgspec.json.decode(self.spec), dimension=self.dimension, least=self.least)

    def vectors(self, rows: Rows) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
        """Vectors in counts of 2^-10, shape (n, d), scaled as in the log that is learned from."""
        survey = Survey(len(self.arms), np.array(self.low), np.array(self.high))
        x = survey.vectors(rows.context, len(rows))
        return np.pad(x, ((0, 0), (0, self.dimension - x.shape[1])))

    def teach(self, policy: Policy, rows: Rows) -> None:
        """Let a policy learn from usable rows."""
        stage = stage_of(self.arms, self.dimension)
        r = quantised(rows.reward / self.scale)
        days = days_of(rows.at, len(rows))
        x = self.vectors(rows)
        for first in range(0, len(rows), SCORED_AT_ONCE):
            some = slice(first, first + SCORED_AT_ONCE)
            shown = rows.action[some]
            each = np.arange(shown.shape[0])
            seen = vectors_for(policy, stage, x[some])
            policy.update(
                Contributions(
                    arms=[self.arms[i] for i in shown.tolist()],
                    x=seen[each, shown] if policy.per_arm else seen[:, 0],
                    weight=np.ones(shown.shape[0]),
                    change=r[some],
                    reward=r[some],
                    propensity=np.ones(shown.shape[0]) if rows.propensity is None else rows.propensity[some],
                    day=days[some],
                )
            )

    def __call__(self, batches: Iterator[Rows]) -> bytes:
        """The work on one piece: what a fresh policy learns from it."""
        policy = self.fresh()
        with threadpool_limits(1):
            for rows in batches:
                self.teach(policy, rows)
        return policy.dump()


@dataclass(frozen=True, slots=True)
class Trained:
    """A target: the learner's policy with what it has learned.

    Args:
        learner: how it was made.
        state: what it knows.
        label: how it is called in results.
    """

    learner: Learner
    state: bytes
    label: str
    needs_model: bool = False

    def answer(self, asked: Asked) -> Answered:
        """Its probabilities on rows, none of which it learns from."""
        learner = self.learner
        if asked.arms != learner.arms:
            raise Invalid(f"policy {self.label}: got other arms than it has learned about", field="policy")
        policy = restored(learner, self.state)
        stage = stage_of(learner.arms, learner.dimension)
        rows = asked.rows
        n = len(rows)
        x = learner.vectors(rows)
        eligible = np.ones((n, len(asked.arms)), dtype=bool) if rows.eligible is None else rows.eligible
        names = [f"{rows.start + i}" for i in range(n)]
        seeds = chance(names, SALT, count=0).seeds if n else []
        p = np.empty((n, len(asked.arms)))
        with threadpool_limits(1):
            for first in range(0, n, SCORED_AT_ONCE):
                some = slice(first, first + SCORED_AT_ONCE)
                belief = policy.believe(learner.arms, vectors_for(policy, stage, x[some]))
                p[some] = spread(policy, stage, belief, eligible[some], seeds=seeds[some], held=None)
        return Answered(p)


def train(
    text: str, log: Log, *, reward_range: tuple[float, float] | None = None, crew: Crew = ALONE
) -> Trained:
    """The policy of a spec after it has learned from a log.

    Args:
        text: the spec, such as `linucb:alpha=0.5`.
        log: what to learn from.
        reward_range: the least and largest reward that can occur; None takes what the log shows.
        crew: who reads the log.

    Raises:
        Invalid: no such policy, one that cannot be held still, or one that needs features that the log lacks.
    """
    spec = checked_spec(text)
    learner = _learner(spec, log, reward_range, crew)
    policy = learner.fresh()
    if policy.additive:
        for state in over_pieces(log, learner, check=LogCheck(arms=len(log.arms)), crew=crew):
            policy.merge(state)
    else:
        check = LogCheck(arms=len(log.arms))
        with threadpool_limits(1):
            for batch in log.batches():
                learner.teach(policy, check.add(batch))
    return Trained(learner, policy.dump(), text)


def checked_spec(text: str) -> dict[str, Any]:
    """A spec of a policy that can be trained and held still; raise Invalid for any other."""
    spec = parse_policy(text)
    kind = spec["kind"]
    if kind not in TRAINABLE:
        known = ", ".join(sorted(TRAINABLE))
        raise Invalid(f"policy {kind}: cannot be trained on a log; allowed {known}", field="policy")
    return spec


def _learner(
    spec: Mapping[str, Any], log: Log, reward_range: tuple[float, float] | None, crew: Crew
) -> Learner:
    surveys = over_pieces(log, Surveying(len(log.arms)), check=LogCheck(arms=len(log.arms)), crew=crew)
    found = [one for one in surveys if one.largest_reward >= one.least_reward]
    if not found:
        raise Invalid("log: got no row that can be learned from; allowed one or more", field="log")
    low, high = (
        _merged([one.low for one in found], np.minimum),
        _merged([one.high for one in found], np.maximum),
    )
    check_features(spec, features=bool(low))
    if len(low) + 1 > MAX_DIMENSION:
        raise Invalid(
            f"context: got {len(low)} columns; allowed at most {MAX_DIMENSION - 1}", field="context"
        )
    least, largest = reward_range or (
        min(one.least_reward for one in found),
        max(one.largest_reward for one in found),
    )
    scale = max(abs(least), abs(largest)) or 1.0
    return Learner(msgspec.json.encode(spec), log.arms, low, high, scale, min(least, 0.0) / scale)


def _merged(several: list[Floats | None], smaller: np.ufunc) -> tuple[float, ...]:
    known = [one for one in several if one is not None]
    return tuple(smaller.reduce(known).tolist()) if known else ()


@dataclass(frozen=True, slots=True)
class Surveying:
    """The work on one piece: ranges of its features and rewards."""

    arms: int

    def __call__(self, batches: Iterator[Rows]) -> Survey:
        """Look at usable rows."""
        survey = Survey(self.arms)
        for rows in batches:
            survey.add(rows)
        survey.drawn.clear()
        return survey


@lru_cache(maxsize=32)
def stage_of(arms: tuple[str, ...], dimension: int) -> Stage:
    """A placement for the arms of a log, without floor, boosts or holdout."""
    schema = FeatureSchema(dimension=dimension)
    placement = Placement(
        features=schema, floor=0.0, holdout=0.0, context=(), arms={name: Arm() for name in arms}
    )
    return Stage(SALT, placement, Encoder(schema, {}))


@lru_cache(maxsize=32)
def restored(learner: Learner, state: bytes) -> Policy:
    """The policy as it was when it had learned."""
    policy = learner.fresh()
    policy.load(state)
    return policy

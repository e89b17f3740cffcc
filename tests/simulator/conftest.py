# SPDX-License-Identifier: Apache-2.0
"""Seeded logs whose reference values were computed by obp 0.5.7 and vw-estimators 0.2.2."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from simulator.logs.partition import Floats, Partition, Target

ROWS, ARMS = 200, 6


@dataclass(frozen=True)
class Sample:
    """A log with everything an estimator may need, and a policy to evaluate."""

    logged: Partition
    target: Target
    model: Floats


@pytest.fixture(scope="session")
def sample() -> Sample:
    """200 rows, 6 arms in three groups of equal features, two loggers, and a wrong reward model."""
    g = np.random.default_rng(7)
    logger = g.random((ROWS, ARMS)) ** 2 + 0.02
    logger /= logger.sum(axis=1, keepdims=True)
    policy = g.random((ROWS, ARMS)) ** 3 + 0.01
    policy /= policy.sum(axis=1, keepdims=True)
    truth = g.random((ROWS, ARMS))
    rows = np.arange(ROWS)
    action = (g.random(ROWS)[:, None] > logger.cumsum(axis=1)).sum(axis=1).clip(0, ARMS - 1)
    reward = (g.random(ROWS) < truth[rows, action]).astype(float)
    model = 0.5 * truth + 0.5 * g.random((ROWS, ARMS))
    group = np.array([0, 0, 1, 1, 2, 2])
    logged = Partition(
        reward=reward,
        propensity=logger[rows, action],
        action=action,
        probabilities=logger,
        likelihood=(group[None, :] == group[action][:, None]).astype(float),
    )
    return Sample(logged, Target.of(logged, policy, q=model), model)


@pytest.fixture(scope="session")
def two_loggers(sample: Sample) -> Sample:
    """The same rows, every third one said to come from a uniform logger."""
    second = (np.arange(ROWS) % 3 == 0).astype(np.int64)
    own, share = sample.logged.propensity, (second == 0).mean()
    logged = replace(
        sample.logged,
        propensity=np.where(second == 0, own, 1 / ARMS),
        probabilities=None,
        logger=second,
        mixture=share * own + (1 - share) / ARMS,
    )
    return Sample(logged, sample.target, sample.model)


@pytest.fixture(scope="session")
def cut() -> Callable[[Sample, int], list[Sample]]:
    """Split a sample into consecutive partitions."""

    def split(sample: Sample, parts: int) -> list[Sample]:
        edges = np.linspace(0, sample.logged.rows, parts + 1).astype(int)
        return [
            Sample(sample.logged.take(rows), sample.target.take(rows), sample.model[rows])
            for rows in (slice(int(first), int(last)) for first, last in itertools.pairwise(edges))
        ]

    return split

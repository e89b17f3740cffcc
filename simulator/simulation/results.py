# SPDX-License-Identifier: Apache-2.0
"""What seasons add up to: means over seeds with intervals, policy by policy and paired with the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from simulator.logs.partition import Floats
from simulator.simulation.season import Season


@dataclass(frozen=True, slots=True)
class SeedMean:
    """A mean over seeds; `low` and `high` are None where one seed says nothing about others."""

    value: float
    low: float | None
    high: float | None

    @classmethod
    def of(cls, values: Sequence[float] | Floats, *, level: float) -> SeedMean:
        """With Student's interval."""
        given = np.asarray(values, dtype=np.float64)
        n, mean = len(given), float(given.mean())
        if n < 2:
            return cls(mean, None, None)
        half = float(t.isf((1 - level) / 2, n - 1)) * float(given.std(ddof=1)) / n**0.5
        return cls(mean, mean - half, mean + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a policy did in a world.

    Args:
        seasons: one a seed.
        reward: expected clicks of a page.
        clicks: those that came.
        oracle: expected clicks of the best page.
        share: reward over oracle.
        regret: what was missed in all rounds together.
        lead: reward minus that of the first policy, seed by seed on the same visitors; None for the first.
    """

    world: str
    policy: str
    seasons: tuple[Season, ...]
    reward: SeedMean
    clicks: SeedMean
    oracle: SeedMean
    share: SeedMean
    regret: SeedMean
    lead: SeedMean | None


def standings(seasons: Sequence[Season], *, level: float) -> list[Standing]:
    """Standings by world and policy, in the order in which they were first played."""
    groups: dict[tuple[str, str], list[Season]] = {}
    for season in seasons:
        groups.setdefault((season.task.world, season.task.policy), []).append(season)
    first: dict[str, Floats] = {}
    found = []
    for (world, policy), several in groups.items():
        rounds = np.array([season.curve.round[-1] for season in several])
        expected = np.array([season.curve.expected[-1] for season in several])
        best = np.array([season.curve.best[-1] for season in several])
        clicks = np.array([season.curve.clicks[-1] for season in several])
        reward = expected / rounds
        lead = reward - first[world] if world in first else None
        first.setdefault(world, reward)
        found.append(
            Standing(
                world=world,
                policy=policy,
                seasons=tuple(several),
                reward=SeedMean.of(reward, level=level),
                clicks=SeedMean.of(clicks / rounds, level=level),
                oracle=SeedMean.of(best / rounds, level=level),
                share=SeedMean.of(expected / np.where(best > 0, best, 1.0), level=level),
                regret=SeedMean.of(best - expected, level=level),
                lead=None if lead is None else SeedMean.of(lead, level=level),
            )
        )
    return found

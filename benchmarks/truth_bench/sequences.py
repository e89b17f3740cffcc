# SPDX-License-Identifier: Apache-2.0
"""How often bounds exclude the truth at any time, while the logger learns from what it logs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.stats import norm

from simulator.intervals.confidence_sequence import ConfidenceSequence
from simulator.logs.partition import Floats, Ints, Partition, Target
from simulator.simulation.logged import LoggedSeason, logged
from simulator.simulation.season import Task
from simulator.worlds.supervised import softened
from simulator.worlds.table import build_world

RUNS, ROUNDS, FLOOR, TOGETHER, LEVEL = 300, 400, 0.05, 16, 0.95
FIRST = 30  # rounds before anybody would look at a usual interval
MANY = 20_000  # visitors by whom the value of a policy in a world is known
REWARDS = (0.0, 1.0)
LOGGERS = ("linucb", "thompson")
# by world: how sharply the evaluated policy prefers the better arms
WORLDS = {"digits:noise=0.05": 1.0, "headlines:tests=1,lift=4": 30.0, "drifting:turns=0": 3.0}
MOVING = {"drifting": 3.0}

Bounds = Callable[[Partition, Target], tuple[Floats, Floats]]


def sequences() -> list[str]:
    """A row for each world and logger: runs in which each kind of bounds excluded the truth at some time."""
    names = list(KINDS)
    lines = ["| world | logger | " + " | ".join(names) + " |", "|---" * (2 + len(names)) + "|"]
    for world, sharpness in (WORLDS | MOVING).items():
        for logger in LOGGERS:
            missed = dict.fromkeys(names, 0)
            widths: dict[str, list[float]] = {name: [] for name in names}
            for seed in range(RUNS):
                task = Task(
                    world=world, policy=logger, seed=seed, rounds=ROUNDS, floor=FLOOR, together=TOGETHER
                )
                season = logged(task)
                policy = softened(season.rates, sharpness=sharpness, floor=0.3)
                truth = worth(season, policy, task, sharpness=sharpness)
                rows = season.rows.partition()
                target = Target.of(rows, policy, q=running_means(season))
                for name, bounds in KINDS.items():
                    low, high = bounds(rows, target)
                    missed[name] += bool(((low > truth) | (high < truth)).any())
                    widths[name].append(float(high[-1] - low[-1]))
            cells = [f"{missed[name]} ({np.mean(widths[name]):.3f})" for name in names]
            lines.append(f"| `{world}` | {logger} | " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    return lines


def worth(season: LoggedSeason, policy: Floats, task: Task, *, sharpness: float) -> Floats:
    """What the policy is worth after each round, shape (n,).

    Where the world stands still that is one number, the mean over all visitors who may come; where it moves
    it is the mean so far over those who came.
    """
    each = np.einsum("nk,nk->n", policy, season.rates)
    if task.world in MOVING:
        so_far: Floats = each.cumsum() / np.arange(1, len(each) + 1)
        return so_far
    if np.ptp(each) < 1e-9:
        return np.full(len(each), each[0])
    many = build_world(task.world).episode(seed=task.seed, rounds=MANY).rates
    value = float(np.einsum("nk,nk->n", softened(many, sharpness=sharpness, floor=0.3), many).mean())
    return np.full(len(each), value)


def running_means(season: LoggedSeason) -> Floats:
    """A reward model that each row could have had: every arm's mean over the rows before, shape (n, K)."""
    rows = season.rows
    shown = (rows.action[:, None] == np.arange(len(season.arms))).astype(np.float64)
    before = np.cumsum(shown, axis=0) - shown
    earned = np.cumsum(shown * rows.reward[:, None], axis=0) - shown * rows.reward[:, None]
    means: Floats = (earned + 0.5) / (before + 1.0)
    return means


def by_ips(rows: Partition, target: Target) -> tuple[Floats, Floats]:
    """The confidence sequence for IPS."""
    return ConfidenceSequence(reward_range=REWARDS, level=LEVEL).add(rows, target)


def by_dr(rows: Partition, target: Target) -> tuple[Floats, Floats]:
    """The confidence sequence for DR."""
    return ConfidenceSequence(reward_range=REWARDS, level=LEVEL, doubly_robust=True).add(rows, target)


def by_normal(rows: Partition, target: Target) -> tuple[Floats, Floats]:
    """The usual interval for IPS, looked at after every round: what one should not do."""
    terms = target.probability / rows.propensity * rows.reward
    n: Ints = np.arange(1, len(terms) + 1)
    means = terms.cumsum() / n
    half = norm.isf((1 - LEVEL) / 2) * np.sqrt(np.maximum(np.square(terms).cumsum() / n - means**2, 0) / n)
    half[:FIRST] = np.inf
    return means - half, means + half


KINDS: dict[str, Bounds] = {
    "sequence for IPS": by_ips,
    "sequence for DR": by_dr,
    "normal, looked at every round": by_normal,
}

# SPDX-License-Identifier: Apache-2.0
"""Mean error of estimators on logs of learning policies, beside obp's DR on the same logs."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.estimators.dr import DR
from simulator.estimators.ips import IPS
from simulator.estimators.sndr import SNDR
from simulator.estimators.snips import SNIPS
from simulator.evaluation.fitting import fit_on
from simulator.logs.partition import Floats, Target
from simulator.simulation.logged import LoggedSeason, logged
from simulator.simulation.season import Task
from simulator.worlds.supervised import softened
from truth_bench.peers import obp_dr

SEEDS, ROUNDS, FLOOR, TOGETHER = 30, 2_000, 0.02, 8
KINDS = (IPS, SNIPS, DR, SNDR)
# by world: how sharply the evaluated policy prefers what it takes for better
WORLDS = {"digits:noise=0.05": 3.0, "headlines:tests=1": 100.0, "drifting": 6.0}
LOGGERS = ("linucb", "thompson")


def better(season: LoggedSeason, *, sharpness: float, seed: int) -> Floats:
    """A policy that knows the rates but for some noise, shape (n, K)."""
    noise = np.random.default_rng([seed, 71]).normal(scale=0.3, size=season.rates.shape)
    return softened(season.rates * (1 + noise), sharpness=sharpness, floor=0.1)


def errors(obp: Any) -> list[str]:
    """A row for each world and logger: mean absolute error of every estimator, with its standard error."""
    names = [f"slotwise {kind.name}" for kind in KINDS] + (["obp dr"] if obp is not None else [])
    lines = [
        "| world | logger | value | " + " | ".join(names) + " |",
        "|---" * (3 + len(names)) + "|",
    ]
    for world, sharpness in WORLDS.items():
        for logger in LOGGERS:
            found: dict[str, list[float]] = {name: [] for name in names}
            values = []
            for seed in range(SEEDS):
                task = Task(
                    world=world, policy=logger, seed=seed, rounds=ROUNDS, floor=FLOOR, together=TOGETHER
                )
                season = logged(task)
                policy = better(season, sharpness=sharpness, seed=seed)
                values.append(season.value(policy))
                for name, value in estimates(season, policy, seed, obp).items():
                    found[name].append(abs(value - values[-1]))
            cells = [_cell(found[name]) for name in names]
            lines.append(f"| `{world}` | {logger} | {np.mean(values):.4f} | " + " | ".join(cells) + " |")
            print(lines[-1], flush=True)
    return lines


def estimates(season: LoggedSeason, policy: Floats, seed: int, obp: Any) -> dict[str, float]:
    """What each estimator makes of a log."""
    rows = season.rows.partition()
    target = Target.of(rows, policy, q=fit_on(season.log(), seed=seed)(season.rows))
    found = {}
    for kind in KINDS:
        estimator = kind()
        estimator.add(rows, target)
        found[f"slotwise {kind.name}"] = estimator.sums.value() or 0.0
    return found | obp_dr(obp, season.rows, policy, seed)


def _cell(several: list[float]) -> str:
    error = np.std(several, ddof=1) / len(several) ** 0.5
    return f"{np.mean(several):.4f} ± {error:.4f}"

# SPDX-License-Identifier: Apache-2.0
"""A reward model fitted on a log, as a function of rows."""

from __future__ import annotations

import numpy as np

from simulator.evaluation.results import Model
from simulator.logs.check import LogCheck
from simulator.logs.partition import Floats
from simulator.logs.rows import Log, Rows
from simulator.reward_model import MOST_ROWS, RewardModel


def fit_on(log: Log, *, kind: str = "linear", folds: int = 3, seed: int = 0) -> Model:
    """Fit on the usable rows, evenly thinned to at most `MOST_ROWS`, in one more reading of the log."""
    step = max(1, -(-log.count // MOST_ROWS))
    check = LogCheck(arms=len(log.arms))
    parts: list[tuple[Floats | None, np.ndarray, Floats, np.ndarray]] = []
    for batch in log.batches():
        usable = check.add(batch)
        positions = usable.start + np.arange(len(usable), dtype=np.int64)
        chosen = positions % step == 0
        context = None if usable.context is None else usable.context[chosen]
        parts.append((context, usable.action[chosen], usable.reward[chosen], positions[chosen]))
    contexts = [part[0] for part in parts if part[0] is not None]
    model = RewardModel(kind=kind, folds=folds, seed=seed)
    model.fit(
        np.concatenate(contexts) if contexts else None,
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
        np.concatenate([part[3] for part in parts]),
        arms=len(log.arms),
    )

    def values(usable: Rows) -> Floats:
        return model.values(usable, usable.start + np.arange(len(usable), dtype=np.int64))

    return values

# SPDX-License-Identifier: Apache-2.0
"""Standings as JSON; docs/simulate.md lists the fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simulator.simulation.results import SeedMean, Standing

MEANS = ("reward", "clicks", "oracle", "share", "regret", "lead")


def as_json(found: Sequence[Standing], *, level: float) -> dict[str, Any]:
    """The whole result as plain values; curves are means over seeds."""
    return {"level": level, "results": [_standing(one) for one in found]}


def _standing(one: Standing) -> dict[str, Any]:
    curves = [season.curve for season in one.seasons]
    return {
        "world": one.world,
        "policy": one.policy,
        "rounds": one.seasons[0].task.rounds,
        "seeds": [season.task.seed for season in one.seasons],
        **{name: _mean(getattr(one, name)) for name in MEANS},
        "by_seed": [
            {
                "seed": season.task.seed,
                "reward": float(season.curve.expected[-1] / season.curve.round[-1]),
                "regret": float(season.curve.regret[-1]),
                "slots": {
                    group: {"rate": earned.rate, "share": earned.share}
                    for group, earned in season.earned.items()
                },
            }
            for season in one.seasons
        ],
        "curve": {
            "round": curves[0].round.astype(int).tolist(),
            "expected": np.mean([curve.expected for curve in curves], axis=0).tolist(),
            "best": np.mean([curve.best for curve in curves], axis=0).tolist(),
            "clicks": np.mean([curve.clicks for curve in curves], axis=0).tolist(),
        },
    }


def _mean(mean: SeedMean | None) -> dict[str, float | None] | None:
    if mean is None:
        return None
    return {"value": mean.value, "low": mean.low, "high": mean.high}

# SPDX-License-Identifier: Apache-2.0
"""Policies by their text, made into players of one log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec.structs import replace

from bandit.core.stage import Stage
from bandit.errors import Invalid
from policies import build
from simulator.replaying.batch import Source
from simulator.replaying.follower import Follower
from simulator.replaying.walker import Walker

Specs = Mapping[str, Mapping[str, Any]]
"""Policies as a catalogue writes them, by how they are called."""


def walkers(source: Source, specs: Specs, *, acceptance: float, seed: int) -> list[Walker]:
    """Policies that begin from nothing; the same coins for all, so that they differ by choice alone.

    Args:
        source: the log.
        specs: the policies.
        acceptance: the factor c.
        seed: of the coins.
    """
    if not 0 < acceptance <= 1:
        raise Invalid(f"acceptance: got {acceptance:g}; allowed above 0, up to 1", field="acceptance")
    return [
        Walker(
            label,
            source.stage,
            build(spec, dimension=source.stage.encoder.dimension, least=source.least),
            columns=len(source.log.arms),
            acceptance=acceptance,
            coins=np.random.default_rng(seed),
        )
        for label, spec in specs.items()
    ]


def followers(source: Source, specs: Specs) -> list[Follower]:
    """Policies that learn from what was logged."""
    stage, columns = source.stage, len(source.log.arms)
    return [Follower(label, _with_policy(stage, spec), columns) for label, spec in specs.items()]


def _with_policy(stage: Stage, spec: Mapping[str, Any]) -> Stage:
    return Stage(stage.name, replace(stage.placement, policy=dict(spec)), stage.encoder)

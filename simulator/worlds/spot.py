# SPDX-License-Identifier: Apache-2.0
"""The placement of a made-up world: every feature in a column of its own, no context sources, no holdout."""

from __future__ import annotations

from collections.abc import Mapping

from bandit.core.arm import Arm
from bandit.core.placement import Placement
from bandit.core.schema import FeatureSchema, FieldSpec
from simulator.logs.partition import Floats
from simulator.worlds.knowing import Knowing


def spot(arms: Mapping[str, Arm], *, features: int, spread: float, slots: int = 1) -> Placement:
    """A placement for visitors of whom numbers between minus and plus `spread` are known."""
    number = FieldSpec(kind="number", range=(-spread, spread))
    # without fields a vector has its constant column, and one that stays empty
    schema = FeatureSchema(dimension=2, fields=dict.fromkeys(names(features), number))
    return Placement(slots=slots, context=(), features=schema, holdout=0.0, arms=dict(arms))


def plain_arms(count: int) -> dict[str, Arm]:
    """Arms of whom nothing is known but a name: arm-00, arm-01 and so on."""
    return {f"arm-{i:02}": Arm() for i in range(count)}


def names(features: int) -> list[str]:
    """What features are called."""
    return [f"visitor.x{i}" for i in range(features)]


def knowing(x: Floats) -> Knowing:
    """What is known of each visitor, from features of shape (T, features)."""
    return Knowing(x, names(x.shape[1]))

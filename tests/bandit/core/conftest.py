# SPDX-License-Identifier: Apache-2.0
"""Placements made ready for deciding, and requests for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bandit.core.catalogue import parse_placement
from bandit.core.decide import Ask, Chooser, Stage
from bandit.core.features import Encoder
from bandit.core.state import new_policy

AT = 1_780_000_000.0


@pytest.fixture(scope="session")
def make_stage() -> Callable[..., Stage]:
    """Make a stage named "home" from plain data; `arms` may be a number of plain ones."""

    def make(*, arms: Any = 3, **data: Any) -> Stage:
        if isinstance(arms, int):
            arms = {f"arm-{n}": {} for n in range(arms)}
        placement = parse_placement({"context": [], "arms": arms, **data})
        return Stage("home", placement, Encoder(placement.features, {}))

    return make


@pytest.fixture(scope="session")
def make_chooser() -> Callable[[Stage], Chooser]:
    """Make the chooser of a stage whose policy has learned nothing."""

    def make(stage: Stage) -> Chooser:
        return Chooser(new_policy(stage.placement), 1, 7)

    return make


@pytest.fixture(scope="session")
def make_ask() -> Callable[..., Ask]:
    """Make a request for all slots of a placement of up to 50."""

    def make(number: int = 0, **fields: Any) -> Ask:
        rest: dict[str, Any] = {"at": AT, "known": {"page": "news", "age": 41.0}, "slots": 50}
        return Ask(decision=f"d-{number}", **{**rest, **fields})

    return make

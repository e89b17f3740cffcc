# SPDX-License-Identifier: Apache-2.0
"""Placements made ready for deciding, kept until the catalogue changes."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from adapters.trends import Trends
from bandit.core.catalogue import Arm, Placement
from bandit.core.decide import Stage
from bandit.core.decoding import nested, shorten
from bandit.core.features import resolve
from bandit.core.shared_context import SharingEncoder
from bandit.core.state import State
from bandit.errors import Invalid, NotFound
from bandit.service.context import Context
from bandit.service.tags import Heats, all_tags, heated

_HEAT_EVERY_S = 10.0


class _Made:
    """A stage, the placement that it was made of, and the heats that its arms have."""

    def __init__(self, placement: Placement, stage: Stage) -> None:
        self.placement = placement
        self.stage = stage
        self.trending = Trends.name in placement.context and bool(all_tags(placement).names)
        self.heats: Heats = ()
        self.step = -1
        self.signals: Mapping[str, object] = {}


class Stages:
    """The stages of a state's placements."""

    def __init__(self, state: State, context: Context) -> None:
        self._state = state
        self._context = context
        self._made: dict[str, _Made] = {}

    def get(self, name: str, *, at: float | None = None) -> Stage:
        """The stage of a placement as the catalogue has it now.

        Args:
            at: Unix seconds; given, arms have the heat that their tags have at that time.

        Raises:
            NotFound: there is no such placement.
        """
        placement = self._state.catalogue.get(name)
        if placement is None:
            raise placement_not_found(name)
        made = self._made.get(name)
        if made is None or made.placement is not placement:
            made = self._made[name] = _Made(placement, self.make(name, placement))
        if at is not None and made.trending:
            self._heat(made, at=at)
        return made.stage

    def _heat(self, made: _Made, *, at: float) -> None:
        """Give arms their heat, where the policy looks at features of arms, every few seconds."""
        step = int(at // _HEAT_EVERY_S)
        if step == made.step and self._state.signals is made.signals:
            return
        made.step, made.signals = step, self._state.signals
        name, placement = made.stage.name, made.placement
        if not self._state.learners[name].policy.per_arm:
            return
        if (heats := self._context.heats(placement, at=at)) != made.heats:
            made.heats = heats
            made.stage = self.with_arms(made.stage, heated(placement.arms, heats))

    def make(self, name: str, placement: Placement) -> Stage:
        """A stage for a placement that need not be in the catalogue."""
        return Stage(name, placement, SharingEncoder(placement.features, self._context.declared(placement)))

    def with_arms(self, stage: Stage, arms: Mapping[str, Arm]) -> Stage:
        """The same placement with the arms that came with a request in place of its own."""
        return Stage(stage.name, stage.placement, stage.encoder, arms=arms)

    def resolved(self, placement: Placement, *, at: str = "") -> Placement:
        """A placement that stands on its own: what it takes from its adapters is written into it.

        Raises:
            Invalid: it asks its adapters for what they do not have; names the field below `at`.
        """
        try:
            declared = self._context.declared(placement)
            return replace(placement, features=resolve(placement.features, declared))
        except Invalid as error:
            raise nested(error, at=at) from None


def placement_not_found(name: str) -> NotFound:
    """The error for a placement that does not exist, or that the key may not see."""
    return NotFound(
        f"placement: got {shorten(name)}; there is no such placement",
        code="placement_not_found",
        field="placement",
    )

# SPDX-License-Identifier: Apache-2.0
"""What is known about a request: the caller's own fields, and those that the placement's adapters add."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import structlog

from adapters import ADAPTERS, Field
from adapters.consent import KEY as CONSENT
from adapters.consent import ConsentRules
from adapters.enrich import RAW_INPUTS, Enricher, Explained
from adapters.sources import Sources
from adapters.topics import Tags
from adapters.trends import Trends
from bandit.core.catalogue import Placement
from bandit.core.decoding import shorten
from bandit.core.features import read_numbers
from bandit.core.flatten import flatten
from bandit.core.schema import FieldSpec
from bandit.core.shared_context import SharedContext
from bandit.core.values import Value
from bandit.errors import Invalid
from bandit.service.sampling import Sampled
from bandit.service.tags import Heats, all_tags, heats
from bandit.settings import ContextSettings

logger = structlog.get_logger(__name__)

# Raw input of adapters (addresses, user agents) never becomes a field as it is, nor may a caller pose as one.
_MOST_TAGGED = 128  # placements, for each change makes another
_RAW = RAW_INPUTS | frozenset(ADAPTERS)


class Situation(NamedTuple):
    """What is known when a decision is made.

    Args:
        known: by field.
        sources: the state of each context source that was not at its best.
    """

    known: dict[str, Value]
    sources: dict[str, str]


class _Tagged(NamedTuple):
    """A placement, kept so that no other gets its id, and the tags of its arms."""

    placement: Placement
    tags: Tags


class Context:
    """All context sources of the process; each exists once, however many placements it feeds."""

    def __init__(self, sources: Sources | None = None, *, lines: Sampled | None = None) -> None:
        self.sources = sources or Sources()
        self._lines = lines or Sampled()
        self._enrichers: dict[tuple[str, ...], Enricher] = {}
        self._tags: OrderedDict[int, _Tagged] = OrderedDict()

    def declared(self, placement: Placement) -> dict[str, FieldSpec]:
        """The fields that a placement's adapters fill, in the core's words; raises as `fields`."""
        return {name: _spec(field) for name, field in self.fields(placement).items()}

    def fields(self, placement: Placement) -> dict[str, Field]:
        """The fields that a placement's adapters fill, by full name.

        Raises:
            Invalid: the placement names an adapter that does not exist, or that cannot work as it is set.
        """
        for name in placement.context:
            if name not in ADAPTERS:
                raise Invalid(f"context: got {shorten(name)}; allowed {', '.join(ADAPTERS)}", field="context")
        try:
            return self.sources.enricher(placement.context).declared
        except ValueError as error:
            raise Invalid(f"context: {error}", field="context") from None

    def known(
        self, placement: Placement, request: Mapping[str, object], *, at: float, gpc: bool = False
    ) -> Situation:
        """Enrich a request made `at` (Unix seconds), as far as the visitor consents.

        Args:
            gpc: whether the visitor's browser itself sent Global Privacy Control.

        Raises:
            Invalid: the caller's own fields are not acceptable.
        """
        own = flatten(request, without=_RAW)
        if placement.features.fields:
            read_numbers(own, placement.features.fields)
        moment = datetime.fromtimestamp(at, UTC)
        try:
            tags = self._tags_of(placement)
            found = self._enricher(placement).known(request, at=moment, gpc=gpc, tags=tags)
        except Exception as error:  # noqa: BLE001 - sources promise not to raise
            # Should one, its fields are not known; the visitor gets an answer.
            kind, adapters = (placement.context, type(error)), placement.context
            self._lines.say(logger, "error", "context_failed", kind=kind, adapters=adapters, exc_info=error)
            return Situation(own, dict.fromkeys(placement.context, "failed"))
        # What adapters know is a part of what can be known, and never written to.
        return Situation(SharedContext(own, cast("dict[str, Value]", found.values)), found.states)

    def explain(
        self, placement: Placement, request: Mapping[str, object], *, at: float, gpc: bool = False
    ) -> list[Explained]:
        """Every field of the placement's adapters with its value, or why it has none; see `known`."""
        moment, tags = datetime.fromtimestamp(at, UTC), self._tags_of(placement)
        return self._enricher(placement).explain(request, at=moment, gpc=gpc, tags=tags)

    def refused(
        self, placement: Placement, request: Mapping[str, object], *, gpc: bool = False
    ) -> dict[str, str]:
        """What of a request the placement's adapters cannot use, and why, by the name of the input."""
        return self._enricher(placement).refused(request, gpc=gpc)

    def problems(self, placement: Placement) -> dict[str, str]:
        """What is wrong with the placement's sources at present, by adapter."""
        return self._enricher(placement).problems

    def heats(self, placement: Placement, *, at: float) -> Heats:
        """How much the placement's tagged arms are in the air, if it asks for trends."""
        tags = self._tags_of(placement)
        if tags is None or not tags.names:
            return ()
        moment, trends = datetime.fromtimestamp(at, UTC), self.sources.trends()
        return heats(placement, lambda tags: trends.match(tags, at=moment))

    def _enricher(self, placement: Placement) -> Enricher:
        found = self._enrichers.get(placement.context)
        if found is None:
            found = self._enrichers[placement.context] = self.sources.enricher(placement.context)
        return found

    def _tags_of(self, placement: Placement) -> Tags | None:
        """The tags of a placement's arms, always the same object; None where it asks for no trends."""
        if Trends.name not in placement.context:
            return None
        found = self._tags.get(id(placement))
        if found is None:
            found = self._tags[id(placement)] = _Tagged(placement, all_tags(placement))
            if len(self._tags) > _MOST_TAGGED:
                self._tags.popitem(last=False)
        else:
            self._tags.move_to_end(id(placement))
        return found.tags


def sources_of(settings: ContextSettings) -> Sources:
    """The context sources with an operator's settings, which have the right types.

    Raises:
        Invalid: an adapter, or the rules of consent, refuse one of them.
    """
    by_adapter = dict(settings)
    consent: Mapping[str, Any] = by_adapter.pop(CONSENT, {})
    try:
        return Sources(settings=by_adapter, rules=ConsentRules(**consent))
    except ValueError as error:
        raise Invalid(str(error), field="context") from None


def _spec(field: Field) -> FieldSpec:
    """An adapter's declaration in the core's words."""
    if field.kind == "category":
        return FieldSpec(kind="category", levels=field.levels)
    return FieldSpec(kind="number", range=(field.low, field.high))

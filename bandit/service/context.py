# SPDX-License-Identifier: Apache-2.0
"""What is known about a request: the caller's own fields, and those that the placement's adapters add."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from adapters import ADAPTERS, Field
from adapters.consent import KEY as CONSENT
from adapters.consent import ConsentRules
from adapters.enrich import RAW_INPUTS
from adapters.sources import Sources
from bandit.core.catalogue import Placement
from bandit.core.decoding import shorten
from bandit.core.flatten import flatten
from bandit.core.rules import Scalar
from bandit.core.schema import FieldSpec
from bandit.errors import Invalid
from bandit.settings import ContextSettings

logger = structlog.get_logger(__name__)

# Raw input of adapters (addresses, user agents) never becomes a field as it is, nor may a caller pose as one.
_RAW = RAW_INPUTS | frozenset(ADAPTERS)


class Context:
    """All context sources of the process; each exists once, however many placements it feeds."""

    def __init__(self, sources: Sources | None = None) -> None:
        self.sources = sources or Sources()

    def declared(self, placement: Placement) -> dict[str, FieldSpec]:
        """The fields that a placement's adapters fill, by full name.

        Raises:
            Invalid: the placement names an adapter that does not exist, or that cannot work as it is set.
        """
        for name in placement.context:
            if name not in ADAPTERS:
                raise Invalid(f"context: got {shorten(name)}; allowed {', '.join(ADAPTERS)}", field="context")
        try:
            enricher = self.sources.enricher(placement.context)
        except ValueError as error:
            raise Invalid(f"context: {error}", field="context") from None
        return {name: _spec(field) for name, field in enricher.declared.items()}

    def known(self, placement: Placement, request: Mapping[str, object], *, at: float) -> dict[str, Scalar]:
        """Enrich a request made `at` (Unix seconds), as far as the visitor consents.

        Raises:
            Invalid: the caller's own fields are not acceptable.
        """
        own = flatten(request, without=_RAW)
        moment = datetime.fromtimestamp(at, UTC)
        try:
            return own | self.sources.enricher(placement.context).known(request, at=moment).values
        except Exception:
            # Sources promise not to raise. Should one, its fields are not known; the visitor gets an answer.
            logger.exception("context_failed", adapters=placement.context)
            return own


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

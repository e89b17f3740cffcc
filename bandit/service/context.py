# SPDX-License-Identifier: Apache-2.0
"""What is known about a request: the caller's own fields, and those that the placement's adapters add."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import structlog

from adapters import ADAPTERS, Adapter, build
from bandit.core.catalogue import Placement
from bandit.core.flatten import flatten
from bandit.core.rules import Scalar
from bandit.core.schema import FieldSpec
from bandit.errors import Invalid

logger = structlog.get_logger(__name__)


class Context:
    """All adapters of the process, each made once.

    Args:
        adapters: with their settings; unset, one of each kind with none.
    """

    def __init__(self, adapters: Iterable[Adapter] | None = None) -> None:
        made = build(ADAPTERS) if adapters is None else adapters
        self.adapters: dict[str, Adapter] = {adapter.name: adapter for adapter in made}
        # What these hold is raw input (addresses, user agents) and never becomes a field as it is.
        self._raw = frozenset(self.adapters).union(*(each.inputs for each in self.adapters.values()))

    def declared(self, placement: Placement) -> dict[str, FieldSpec]:
        """The fields that a placement's adapters fill, by full name.

        Raises:
            Invalid: the placement names an adapter that does not exist.
        """
        for name in placement.context:
            if name not in self.adapters:
                raise Invalid(f"context: got '{name}'; allowed {', '.join(self.adapters)}", field="context")
        return {
            f"{name}.{field.name}": FieldSpec(kind="category", levels=field.levels)
            if field.kind == "category"
            else FieldSpec(kind="number", range=(field.low, field.high))
            for name in placement.context
            for field in self.adapters[name].fields
        }

    def known(self, placement: Placement, request: Mapping[str, object], *, at: float) -> dict[str, Scalar]:
        """Enrich a request made `at` (Unix seconds).

        Raises:
            Invalid: the caller's own fields are not acceptable.
        """
        known = flatten(request, without=self._raw)
        moment = datetime.fromtimestamp(at, UTC)
        for name in placement.context:
            try:
                fields = self.adapters[name].features(request, at=moment)
            except Exception:
                # Adapters promise not to raise; if one does, its fields are missing, not the answer.
                logger.exception("adapter_failed", adapter=name)
                continue
            for field, value in fields.items():
                known[f"{name}.{field}"] = value if isinstance(value, str) else float(value)
        return known

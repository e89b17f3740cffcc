# SPDX-License-Identifier: Apache-2.0
"""What is known about a request: the caller's own fields, and those that the placement's adapters add."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from adapters import ADAPTERS, Adapter, build

from bandit.core.catalogue import Placement
from bandit.core.features import flatten
from bandit.core.rules import Scalar
from bandit.core.schema import FieldSpec
from bandit.errors import Invalid

# What these hold is raw input for adapters (addresses, user agents) and never becomes a field as it is.
_RAW = frozenset(ADAPTERS)


class Context:
    """All adapters of the process, each made once."""

    def __init__(self) -> None:
        self._adapters: dict[str, Adapter] = {name: build([name])[0] for name in ADAPTERS}

    def declared(self, placement: Placement) -> dict[str, FieldSpec]:
        """The fields that a placement's adapters fill, by full name.

        Raises:
            Invalid: the placement names an adapter that does not exist.
        """
        for name in placement.context:
            if name not in self._adapters:
                raise Invalid(f"context: got '{name}'; allowed {', '.join(self._adapters)}", field="context")
        return {
            f"{name}.{field.name}": FieldSpec(kind="category", levels=field.levels)
            if field.kind == "category"
            else FieldSpec(kind="number", range=(field.low, field.high))
            for name in placement.context
            for field in self._adapters[name].fields
        }

    def known(self, placement: Placement, request: Mapping[str, object], *, at: float) -> dict[str, Scalar]:
        """Enrich a request made `at` (Unix seconds).

        Raises:
            Invalid: the caller's own fields are not acceptable.
        """
        known = flatten(request, without=_RAW)
        moment = datetime.fromtimestamp(at, UTC)
        for name in placement.context:
            for field, value in self._adapters[name].features(request, at=moment).items():
                known[f"{name}.{field}"] = value
        return known

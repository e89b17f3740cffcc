# SPDX-License-Identifier: Apache-2.0
"""Which fields make up the feature vector, and which column each of them fills."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from bandit.errors import Invalid

MAX_DIMENSION = 1024


class FieldSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A declared field: a category of known levels, or a number in a known range."""

    kind: Literal["category", "number"] = "category"
    levels: tuple[str, ...] = ()
    range: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if self.kind == "category" and (not self.levels or len(set(self.levels)) < len(self.levels)):
            raise Invalid(
                f"levels: got {list(self.levels)}; allowed one or more different strings", field="levels"
            )
        low, high = self.range
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise Invalid(f"range: got [{low}, {high}]; allowed a lower number first", field="range")

    @property
    def width(self) -> int:
        """Columns it takes: its levels, another level, not known; or its value, not known."""
        return len(self.levels) + 2 if self.kind == "category" else 2


class FeatureSchema(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How a placement's vector is made.

    Args:
        dimension: length of the vector when fields are hashed into it; the first column is always 1.
        fields: when given, exactly these fields make up the vector, each in columns of its own, and nothing else of
            the context is used or kept. A name alone (null) takes the declaration of its adapter.
    """

    dimension: int = 32
    fields: dict[str, FieldSpec | None] = {}

    def __post_init__(self) -> None:
        if not 2 <= self.dimension <= MAX_DIMENSION:
            raise Invalid(f"dimension: got {self.dimension}; allowed 2 to {MAX_DIMENSION}", field="dimension")
        if len(self.fields) > 256:
            raise Invalid(f"fields: got {len(self.fields)}; allowed at most 256", field="fields")

    @property
    def length(self) -> int:
        """Length d of the vector; every field must have been resolved to its declaration."""
        if not self.fields:
            return self.dimension
        return 1 + sum(spec.width for spec in self.fields.values() if spec is not None)

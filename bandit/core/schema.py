# SPDX-License-Identifier: Apache-2.0
"""Which fields make up the feature vector, and which column each of them fills."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec.structs import replace

from bandit.core.checked import Checked
from bandit.errors import Invalid

MAX_DIMENSION = 1024


class FieldSpec(Checked, frozen=True):
    """A declared field.

    Args:
        kind: a category of known levels, or a number in a known range.
        levels: of a category.
        multiple: whether a category may have several of its levels at once.
        range: lowest and highest value of a number; it is clipped to them.
    """

    kind: Literal["category", "number"] = "category"
    levels: tuple[str, ...] = ()
    multiple: bool = False
    range: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if len(set(self.levels)) < len(self.levels):
            raise Invalid(f"levels: got {list(self.levels)}; allowed each level once", field="levels")
        if self.multiple and self.kind != "category":
            raise Invalid(f"multiple: got true for a {self.kind}; allowed for a category", field="multiple")
        low, high = self.range
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise Invalid(f"range: got [{low}, {high}]; allowed a lower number first", field="range")

    @property
    def width(self) -> int:
        """Columns it takes: its levels, another level, not known; or its value, not known."""
        return len(self.levels) + 2 if self.kind == "category" else 2


class FeatureSchema(Checked, frozen=True):
    """How a placement's vector is made.

    Args:
        dimension: length of the vector when fields are hashed into it; the first column is always 1.
        fields: when given, exactly these fields make up the vector, each in columns of its own, and nothing
            else of the context is used or kept. A name alone (null) takes the declaration of its adapter.
    """

    dimension: int = 32
    fields: dict[str, FieldSpec | None] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 2 <= self.dimension <= MAX_DIMENSION:
            raise Invalid(f"dimension: got {self.dimension}; allowed 2 to {MAX_DIMENSION}", field="dimension")
        if len(self.fields) > 256:
            raise Invalid(f"fields: got {len(self.fields)}; allowed at most 256", field="fields")
        for name, spec in self.fields.items():
            if spec is not None and spec.kind == "category" and not spec.levels:
                raise Invalid(
                    f"fields.{name}.levels: got none; allowed one or more", field=f"fields.{name}.levels"
                )
        if self.length > MAX_DIMENSION:
            raise Invalid(
                f"fields: got {self.length} columns; allowed at most {MAX_DIMENSION}", field="fields"
            )

    @property
    def length(self) -> int:
        """Length d of the vector; every field must have been resolved to its declaration."""
        if not self.fields:
            return self.dimension
        return 1 + sum(spec.width for spec in self.fields.values() if spec is not None)

    def same_columns(self, other: FeatureSchema) -> bool:
        """Whether every column of the vector means the same in both."""
        return self.length == other.length and list(self.fields.items()) == list(other.fields.items())


def resolve(schema: FeatureSchema, declared: Mapping[str, FieldSpec]) -> FeatureSchema:
    """Write the adapters' declarations into a schema that names their fields, so that it stands on its own.

    Raises:
        Invalid: it names a field, without saying what it is, that no adapter of the placement declares; or
            one whose adapter does not know its levels.
    """
    fields = {name: given or declared.get(name) for name, given in schema.fields.items()}
    for name, spec in fields.items():
        if spec is None:
            known = ", ".join(sorted(declared)) or "none"
            raise Invalid(
                f"features.fields.{name}: got null; "
                f"allowed null only for fields of the placement's adapters: {known}",
                field=f"features.fields.{name}",
            )
    try:
        return replace(schema, fields=fields)
    except Invalid as error:
        raise Invalid(f"features.{error.message}", field=f"features.{error.field}") from None

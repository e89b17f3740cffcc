# SPDX-License-Identifier: Apache-2.0
"""What would be known about a request, why the rest is missing, and the vector that it becomes."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from bandit.core.features import UNIT
from bandit.core.schema import FieldSpec
from bandit.core.stage import Stage
from bandit.core.values import Value, number_of
from bandit.service.context import Context
from bandit.service.quality import fits

CALLER, CONSTANT = "caller", "(constant)"


class FieldSeen(msgspec.Struct, frozen=True, kw_only=True):
    """One field.

    Args:
        source: the adapter that fills it, or "caller".
        status: known, missing, stale, out_of_range or no_consent.
        reason: why it has no value, or what its value counts as where it is not as declared; else empty.
        used: whether it is part of the vector.
    """

    field: str
    source: str
    value: Value | None
    status: str
    reason: str
    used: bool


class ColumnSeen(msgspec.Struct, frozen=True):
    """A column of the vector, and what each field adds to it; that one is not known counts too."""

    index: int
    weight: float
    fields: dict[str, float]


class ContextReport(msgspec.Struct, frozen=True, kw_only=True):
    """The context of one request.

    Args:
        at: when it was asked for, in Unix seconds.
        dimension: length of the vector; hashed: whether fields share columns.
        sources: the state of each adapter that is not at its best.
        refused: what of the request no adapter can use, and why, by its name in the context.
        problems: what is wrong with an adapter's sources, such as an event of a calendar that cannot be read.
    """

    placement: str
    at: float
    dimension: int
    hashed: bool
    sources: dict[str, str]
    fields: list[FieldSeen]
    vector: list[ColumnSeen]
    refused: dict[str, str] = {}
    problems: dict[str, str] = {}


def context_report(
    context: Context, stage: Stage, request: Mapping[str, object], *, at: float, gpc: bool
) -> ContextReport:
    """Enrich and encode a request as a rank would, and say how.

    Raises:
        Invalid: the caller's own fields are not acceptable.
    """
    situation = context.known(stage.placement, request, at=at, gpc=gpc)
    schema = stage.placement.features
    rows = context.explain(stage.placement, request, at=at, gpc=gpc)
    declared = {row.field for row in rows}
    used = set(schema.fields) or declared | situation.known.keys()
    seen = [
        FieldSeen(
            field=row.field,
            source=row.field.partition(".")[0],
            value=row.value,
            status=row.status,
            reason=row.reason,
            used=row.field in used,
        )
        for row in rows
    ]
    own = [name for name in situation.known if name not in declared]
    absent = [name for name in schema.fields if name not in declared and name not in situation.known]
    seen += [
        _own(name, situation.known.get(name), schema.fields.get(name), used=name in used)
        for name in [*own, *absent]
    ]
    return ContextReport(
        placement=stage.name,
        at=at,
        dimension=stage.encoder.dimension,
        hashed=not schema.fields,
        sources=situation.sources,
        fields=seen,
        refused=context.refused(stage.placement, request, gpc=gpc),
        problems=context.problems(stage.placement),
        vector=_columns(stage, situation.known),
    )


def _own(name: str, value: Value | None, spec: FieldSpec | None, *, used: bool) -> FieldSeen:
    status, reason = "known", ""
    if value is None:
        status, reason = "missing", "the request does not carry it"
    elif spec is not None and not fits(value, spec):
        status, reason = "out_of_range", _counts_as(value, spec)
    return FieldSeen(field=name, source=CALLER, value=value, status=status, reason=reason, used=used)


def _counts_as(value: Value, spec: FieldSpec) -> str:
    """What the vector makes of a value that its declaration does not allow."""
    if spec.kind == "number":
        return "no number: counts as not known" if number_of(value) is None else "clipped to its range"
    if isinstance(value, tuple) and len(value) > 1 and not spec.multiple:
        return "several levels where one is declared: counts as another level"
    return "not a declared level: counts as another level"


def _columns(stage: Stage, known: Mapping[str, Value]) -> list[ColumnSeen]:
    """The columns that are not 0; their weights are those of the vector that the encoder makes."""
    in_column: dict[int, dict[str, float]] = {0: {CONSTANT: 1.0}}
    for name, (column, count) in stage.encoder.cells_by_field(known):
        added = in_column.setdefault(column, {})
        added[name] = added.get(name, 0.0) + count * UNIT
    weights = stage.encoder.encode([known])[0]
    return [
        ColumnSeen(column, int(weights[column]) * UNIT, fields)
        for column, fields in sorted(in_column.items())
    ]

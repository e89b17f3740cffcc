# SPDX-License-Identifier: Apache-2.0
"""Reading a policy's settings from a catalogue mapping, with errors that name field, value and range.

Settings are frozen msgspec structs; their types and `Meta` bounds are the only description of what is
allowed, so `msgspec.json.schema` of the same struct is their JSON schema.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, inspect

from policies.errors import InvalidSetting

Positive = Annotated[float, Meta(gt=0.0)]
NonNegative = Annotated[float, Meta(ge=0.0)]
Probability = Annotated[float, Meta(ge=0.0, le=1.0)]
Reward = Annotated[float, Meta(ge=-1.0, le=1.0)]
Count = Annotated[int, Meta(ge=1)]
Lowest = Annotated[float, Meta(ge=-1.0, le=0.0)]
Days = Annotated[float, Meta(gt=0.0)]

S = TypeVar("S", bound="Settings")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a policy can be told: every field has a default that works."""

    def check(self) -> None:
        """Raise InvalidSetting where single fields are allowed but not together."""


def read_settings(wanted: type[S], spec: Mapping[str, object], *, path: str = "") -> S:
    """Return `spec` as `wanted`; raise InvalidSetting for unknown names, wrong types and ranges.

    `path` is put before the field's name in errors, for policies inside policies.
    """
    known = {field.name: inspect.type_info(field.type) for field in msgspec.structs.fields(wanted)}
    values: dict[str, object] = {}
    for name, value in spec.items():
        if name not in known:
            raise InvalidSetting(
                f"{path}{name}", got=value, allowed=f"settings {', '.join(sorted(known)) or 'none'}"
            )
        values[name] = _read(known[name], value, f"{path}{name}")
    settings = wanted(**values)
    settings.check()
    return settings


def _read(kind: inspect.Type, value: object, field: str) -> object:
    """Return `value` as `kind` wants it, an int for a float becoming one."""
    options = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    for option in options:
        if _fits(option, value):
            return float(value) if isinstance(option, inspect.FloatType) else value  # type: ignore[arg-type]
    raise InvalidSetting(field, got=value, allowed=" or ".join(_phrase(option) for option in options))


def _fits(kind: inspect.Type, value: object) -> bool:
    if isinstance(kind, inspect.NoneType):
        return value is None
    if isinstance(kind, inspect.BoolType):
        return isinstance(value, bool)
    if isinstance(kind, inspect.IntType):
        return isinstance(value, int) and not isinstance(value, bool) and _in_range(kind, value)
    if isinstance(kind, inspect.FloatType):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value) and _in_range(kind, value)  # type: ignore[arg-type]
    if isinstance(kind, inspect.LiteralType):
        return isinstance(value, str) and value in kind.values
    if isinstance(kind, inspect.StrType):
        return isinstance(value, str)
    if isinstance(kind, inspect.DictType):
        return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)
    raise TypeError(
        f"settings: got a field of type {kind!r}; allowed None, bool, int, float, str, Literal, dict"
    )


def _in_range(kind: inspect.IntType | inspect.FloatType, value: float) -> bool:
    return (
        (kind.ge is None or value >= kind.ge)
        and (kind.gt is None or value > kind.gt)
        and (kind.le is None or value <= kind.le)
        and (kind.lt is None or value < kind.lt)
    )


def _phrase(kind: inspect.Type) -> str:
    if isinstance(kind, inspect.NoneType):
        return "null"
    if isinstance(kind, inspect.BoolType):
        return "true or false"
    if isinstance(kind, inspect.LiteralType):
        return " or ".join(repr(value) for value in kind.values)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        prefix = "whole numbers " if isinstance(kind, inspect.IntType) else ""
        return prefix + _range(kind)
    return "a mapping" if isinstance(kind, inspect.DictType) else "a string"


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    low = kind.ge if kind.ge is not None else kind.gt
    high = kind.le if kind.le is not None else kind.lt
    above, below = kind.gt is not None, kind.lt is not None
    if low is None and high is None:
        return "finite numbers"
    if high is None:
        return f"more than {low:g}" if above else f"{low:g} or more"
    if low is None:
        return f"less than {high:g}" if below else f"{high:g} or less"
    return f"{low:g}{' (not included)' if above else ''} to {high:g}{' (not included)' if below else ''}"

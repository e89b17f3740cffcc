# SPDX-License-Identifier: Apache-2.0
"""What a field of the context can hold: one text, number, true or false; or a list of levels."""

from __future__ import annotations

import re

Scalar = str | float | bool
Value = Scalar | tuple[str, ...]
"""A tuple is a set of levels: each of them once, in their order as texts."""

MAX_NUMBER = 1e18
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


def level_of(value: Scalar) -> str:
    """A value as the level of a category, written as in JSON: true, 7, 7.5, phone."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(float(value)).removesuffix(".0")


def levels_of(value: Value) -> tuple[str, ...]:
    """A value as a set of levels; one value alone is a set of one."""
    return value if isinstance(value, tuple) else (level_of(value),)


def number_of(value: Value) -> float | None:
    """The number that a value is, or that a text spells as JSON does; None if it is none."""
    if isinstance(value, tuple):
        return number_of(value[0]) if len(value) == 1 else None
    if isinstance(value, str):
        if _NUMBER.fullmatch(value) is None:
            return None
        value = float(value)
    return None if isinstance(value, bool) or not abs(value) <= MAX_NUMBER else float(value)

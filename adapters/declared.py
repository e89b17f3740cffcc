# SPDX-License-Identifier: Apache-2.0
"""Holds an adapter's answer to its declaration: nothing undeclared, out of range or endless gets through."""

from __future__ import annotations

import math
from collections.abc import Mapping

from adapters.protocol import Field, Value

LONGEST_LEVEL = 64


def held(field: Field, value: object) -> tuple[Value | None, bool]:
    """The value as declared, or None if it cannot be, and whether it was in order.

    A number out of range is clipped to it; a level that was not declared is left out.
    """
    if field.kind == "category":
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_LEVEL:
            return None, False
        good = not field.levels or value in field.levels
        return (value if good else None), good
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return None, False
    return float(min(max(value, field.low), field.high)), field.low <= value <= field.high


def held_to(fields: Mapping[str, Field], found: Mapping[str, object]) -> tuple[dict[str, Value], list[str]]:
    """The values of an answer that may pass, and the names of those that were not in order.

    Args: fields: the declared ones by name; what is not among them is dropped.
    """
    values: dict[str, Value] = {}
    doubtful = []
    for name, given in found.items():
        if field := fields.get(name):
            value, good = held(field, given)
            if value is not None:
                values[name] = value
            if not good:
                doubtful.append(name)
    return values, doubtful

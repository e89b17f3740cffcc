# SPDX-License-Identifier: Apache-2.0
"""Reading what outside servers answered: nothing is where it should be until it has been looked at."""

from __future__ import annotations

from collections.abc import Mapping


def number(value: object) -> float | None:
    """The value as a finite float, None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e9:
        return None
    return float(value)


def at_path(data: object, *path: str | int) -> object:
    """What stands in nested JSON at a path, None if there is nothing."""
    for step in path:
        if isinstance(step, str):
            data = data.get(step) if isinstance(data, Mapping) else None
        else:
            data = data[step] if isinstance(data, list) and len(data) > step else None
    return data

# SPDX-License-Identifier: Apache-2.0
"""Holds an adapter's answers to its declaration: nothing undeclared, out of range or endless gets through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adapters.protocol import Field, Value

LONGEST_LEVEL = 64


class Declaration:
    """The declared fields of one adapter, and the full names under which their values are known.

    Args:
        prefix: the adapter's name.
        fields: those whose values may pass; what is not among them is dropped.
    """

    def __init__(self, prefix: str, fields: Iterable[Field]) -> None:
        self._rules = {
            field.name: (
                f"{prefix}.{field.name}",
                frozenset(field.levels) if field.kind == "category" else None,
                field.low,
                field.high,
            )
            for field in fields
        }

    def hold(self, found: Mapping[str, object]) -> tuple[dict[str, Value], list[str]]:
        """The values that may pass, and the full names of those that were not in order.

        A number out of range is clipped to it; an undeclared level, or what is neither, is left out.
        """
        values: dict[str, Value] = {}
        doubtful = []
        for name, given in found.items():
            rule = self._rules.get(name)
            if rule is None:
                continue
            full, levels, low, high = rule
            if levels is None:
                if isinstance(given, float) and low <= given <= high:
                    values[full] = given
                    continue
                doubtful.append(full)
                if isinstance(given, int | float) and not isinstance(given, bool) and given == given:
                    values[full] = float(min(max(given, low), high))
            elif isinstance(given, str) and (
                given in levels or (not levels and 0 < len(given) <= LONGEST_LEVEL)
            ):
                values[full] = given
            else:
                doubtful.append(full)
        return values, doubtful

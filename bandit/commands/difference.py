# SPDX-License-Identifier: Apache-2.0
"""What applying a catalogue would change, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec
import orjson

from bandit.core.catalogue import Catalogue, Placement
from bandit.core.rules import Rule

Kind = Literal["added", "changed", "removed"]


class Change(msgspec.Struct, frozen=True):
    """A field, an arm or a placement that is added, changed or removed.

    Args:
        placement, arm: where; `arm` is empty for the placement's own fields.
        field: dotted path, empty for the whole arm or placement.
        before, after: plain values; None where there was or will be nothing.
    """

    kind: Kind
    placement: str
    arm: str
    field: str
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        sign = {"added": "+", "changed": "~", "removed": "-"}[self.kind]
        where = f"{self.placement}" + (f" arm {self.arm}" if self.arm else "")
        if not self.field:
            return f"{sign} {where}"
        values = " -> ".join(
            "none" if value is None else orjson.dumps(value).decode() for value in (self.before, self.after)
        )
        return f"{sign} {where} {self.field}: {values}"


def differences(before: Catalogue, after: Catalogue) -> list[Change]:
    """How the placements of `after` differ from those of `before`; what `after` does not name stays."""
    return [change for name, each in after.items() for change in _placement(name, before.get(name), each)]


def _placement(name: str, before: Placement | None, after: Placement) -> Iterator[Change]:
    if before is None:
        yield Change("added", name, "", "")
        for arm in after.arms:
            yield Change("added", name, arm, "")
        return
    yield from _fields(name, "", _flat(before), _flat(after))
    for arm in before.arms:
        if arm not in after.arms:
            yield Change("removed", name, arm, "")
    for arm, now in after.arms.items():
        if arm not in before.arms:
            yield Change("added", name, arm, "")
        else:
            yield from _fields(name, arm, _flat(before.arms[arm]), _flat(now))
    orders = [
        [arm for arm in one.arms if arm in other.arms] for one, other in ((before, after), (after, before))
    ]
    if orders[0] != orders[1]:
        yield Change("changed", name, "", "arms", *orders)


def _fields(
    placement: str, arm: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    for field in dict.fromkeys([*before, *after]):
        was, now = before.get(field), after.get(field)
        if was == now:
            continue
        kind: Kind = "added" if was is None else "removed" if now is None else "changed"
        yield Change(kind, placement, arm, field, was, now)


def _flat(value: Any, at: str = "") -> dict[str, Any]:
    """Every leaf by its dotted path, those that have their default too; a rule is read as a whole."""
    if isinstance(value, msgspec.Struct) and not isinstance(value, Rule):
        value = msgspec.structs.asdict(value)
        value.pop("arms", None)
    if not isinstance(value, dict):
        return {at: msgspec.to_builtins(value)}
    return {
        path: leaf
        for name, each in value.items()
        for path, leaf in _flat(each, f"{at}.{name}" if at else name).items()
    }

# SPDX-License-Identifier: Apache-2.0
"""What the value objects of the catalogue are checked with: names, ranges, plain data."""

from __future__ import annotations

import math
import re

import msgspec

from bandit.core.decoding import shorten
from bandit.errors import Invalid

MAX_PLAIN_DEPTH = 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


class Checked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value object that refuses to exist in a wrong state."""


def check_name(kind: str, name: object) -> str:
    """Return `name` if it may name a thing of this `kind`: a placement, an arm, a reward event, a key."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Invalid(
            f"{kind}: got name {shorten(name)}; allowed 1 to 128 letters, digits, '.', '_', ':' or '-', "
            "of which the first is a letter or digit",
            field=kind,
        )
    return name


def within(name: str, value: float, low: float, high: float) -> None:
    """Refuse a number outside `low` to `high`, both allowed, and one that is not finite."""
    if not (math.isfinite(value) and low <= value <= high):
        raise Invalid(f"{name}: got {value:.15g}; allowed {low:.15g} to {high:.15g}", field=name)


def check_plain(name: str, value: object, *, depth: int = 1) -> None:
    """Refuse what JSON cannot say but YAML or a program may: times, NaN, keys that are no text."""
    if value is None or isinstance(value, (bool, str)):
        return
    if isinstance(value, float) and math.isfinite(value):
        return
    if isinstance(value, int) and abs(value) < 2**63:
        return
    if isinstance(value, (list, tuple, dict)):
        if depth > MAX_PLAIN_DEPTH:
            raise Invalid(f"{name}: got data nested deeper; allowed {MAX_PLAIN_DEPTH} levels", field=name)
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if not isinstance(key, str) and isinstance(value, dict):
                raise Invalid(f"{name}: got key {shorten(key)}; allowed text", field=name)
            check_plain(f"{name}.{key}", inner, depth=depth + 1)
        return
    raise Invalid(
        f"{name}: got {shorten(value)}; allowed text, finite numbers, true, false, null, lists and mappings",
        field=name,
    )

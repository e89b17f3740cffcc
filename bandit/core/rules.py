# SPDX-License-Identifier: Apache-2.0
"""Eligibility rules: small expressions over what is known about a request."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Container, Mapping
from typing import Any, Literal

import msgspec

from bandit.core.decoding import shorten
from bandit.core.values import Scalar, Value, level_of, levels_of
from bandit.errors import Invalid

Op = Literal["<", "<=", ">", ">=", "==", "!=", "in", "not_in", "contains", "exists"]

_MAX_DEPTH = 8
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One of four forms: a test of a field, or `all`, `any`, `not` of other rules.

    A test of a field that is not known fails, whatever its operator, save `{op: exists, value: false}`.
    """

    all: tuple[Rule, ...] | None = None
    any: tuple[Rule, ...] | None = None
    negated: Rule | None = msgspec.field(default=None, name="not")
    field: str | None = None
    op: Op | None = None
    value: Scalar | tuple[Scalar, ...] | None = None

    def __post_init__(self) -> None:
        forms = [self.all is not None, self.any is not None, self.negated is not None, self.field is not None]
        if sum(forms) != 1:
            raise _invalid(f"got {sum(forms)} of all, any, not, field; allowed exactly one")
        if self.all == () or self.any == ():
            raise _invalid("got an empty list of rules; allowed one or more")
        if self.field is not None:
            self._check_test()
        elif self.op is not None or self.value is not None:
            raise _invalid("got op or value without field; allowed only beside field")
        if depth(self) > _MAX_DEPTH:
            raise _invalid(f"got rules nested {depth(self)} deep; allowed {_MAX_DEPTH}")

    def _check_test(self) -> None:
        if self.op is None:
            raise _invalid(f"op: got nothing; allowed {', '.join(Op.__args__)}", field="op")  # type: ignore[attr-defined]
        if self.op in ("in", "not_in"):
            fits, allowed = isinstance(self.value, tuple), "a list"
        elif self.op == "exists":
            fits, allowed = isinstance(self.value, bool), "true or false"
        elif self.op in _ORDER:
            fits, allowed = _is_number(self.value), "a number"
        else:
            fits = self.value is not None and not isinstance(self.value, tuple)
            allowed = "text, a number, true or false"
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        if not fits or any(isinstance(each, float) and not math.isfinite(each) for each in values):
            raise _invalid(
                f"value: got {shorten(self.value)} with op '{self.op}'; allowed {allowed}", field="value"
            )


def _invalid(message: str, *, field: str | None = None) -> Invalid:
    return Invalid(message, code="invalid_rule", field=field)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(known: Scalar, value: Scalar) -> bool:
    """Equality that tells true from 1."""
    return known == value and isinstance(known, bool) == isinstance(value, bool)


def _is(known: Value, value: Scalar) -> bool:
    """Equality; a list is one value only where it has that one alone, whose kind it has not kept."""
    return known == (level_of(value),) if isinstance(known, tuple) else _same(known, value)


def _among(known: Value, values: tuple[Scalar, ...]) -> bool:
    if isinstance(known, tuple):
        return any(level_of(value) in known for value in values)
    return known in values and any(_same(known, value) for value in values)


def _holds(op: str, known: Value, value: Any) -> bool:
    """Whether a test holds; order is defined between numbers only, anything else does not satisfy it."""
    if op == "contains":
        return level_of(value) in levels_of(known)
    if op in _ORDER:
        return _is_number(known) and _ORDER[op](known, value)
    if op in ("==", "!="):
        return _is(known, value) == (op == "==")
    return _among(known, value) == (op == "in")


def depth(rule: Rule) -> int:
    """How deep rules are nested; a test alone is 1."""
    inner = rule.all or rule.any or ((rule.negated,) if rule.negated else ())
    return 1 + max((depth(each) for each in inner), default=0)


def why_not(rule: Rule, known: Mapping[str, Value], *, tell: Container[str] | None = None) -> str | None:
    """Say which part of `rule` fails for what is `known`, or None when it holds.

    Args: tell: fields whose values the answer may hold, all of them where it is None.
    """
    if rule.all is not None:
        return next((why for each in rule.all if (why := why_not(each, known, tell=tell))), None)
    if rule.any is not None:
        reasons = [why_not(each, known, tell=tell) for each in rule.any]
        return None if None in reasons else "none of: " + "; ".join(map(str, reasons))
    if rule.negated is not None:
        return None if why_not(rule.negated, known) else f"not allowed: {describe(rule.negated)}"
    return _why_test_fails(rule, str(rule.field), known, tell)


def _why_test_fails(
    rule: Rule, field: str, known: Mapping[str, Value], tell: Container[str] | None
) -> str | None:
    if rule.op == "exists":
        holds = (field in known) == rule.value
        return None if holds else f"{describe(rule)}: {'known' if field in known else 'not known'}"
    if field not in known:
        return f"{describe(rule)}: not known"
    if _holds(str(rule.op), known[field], rule.value):
        return None
    if tell is not None and field not in tell:
        return f"{describe(rule)}: got a value that is not kept"
    found = known[field]
    return f"{describe(rule)}: got {shorten(list(found) if isinstance(found, tuple) else found)}"


def describe(rule: Rule) -> str:
    """A rule as a marketer would read it."""
    if rule.all is not None:
        return "(" + " and ".join(map(describe, rule.all)) + ")"
    if rule.any is not None:
        return "(" + " or ".join(map(describe, rule.any)) + ")"
    if rule.negated is not None:
        return f"not {describe(rule.negated)}"
    value = list(rule.value) if isinstance(rule.value, tuple) else rule.value
    return f"{rule.field} {rule.op} {shorten(value)}"

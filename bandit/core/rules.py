# SPDX-License-Identifier: Apache-2.0
"""Eligibility rules: small expressions over what is known about a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from bandit.core.decoding import shorten
from bandit.errors import Invalid

Scalar = str | float | bool
Op = Literal["<", "<=", ">", ">=", "==", "!=", "in", "not_in", "exists"]

_MAX_DEPTH = 8


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    """Order is defined between numbers only; anything else does not satisfy the test."""

    def test(known: Any, value: Any) -> bool:
        return _is_number(known) and compare(known, value)

    return test


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "<": _ordered(lambda known, value: known < value),
    "<=": _ordered(lambda known, value: known <= value),
    ">": _ordered(lambda known, value: known > value),
    ">=": _ordered(lambda known, value: known >= value),
    "==": lambda known, value: bool(known == value),
    "!=": lambda known, value: bool(known != value),
    "in": lambda known, value: known in value,
    "not_in": lambda known, value: known not in value,
    "exists": lambda known, value: value,
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
            raise Invalid(
                f"got {sum(forms)} of all, any, not, field; allowed exactly one", code="invalid_rule"
            )
        if self.field is None:
            if self.op is not None or self.value is not None:
                raise Invalid("got op or value without field; allowed only beside field", code="invalid_rule")
        else:
            self._check_test()
        if depth(self) > _MAX_DEPTH:
            raise Invalid(f"got rules nested {depth(self)} deep; allowed {_MAX_DEPTH}", code="invalid_rule")

    def _check_test(self) -> None:
        if self.op is None:
            raise Invalid(f"op: got nothing; allowed {', '.join(_TESTS)}", code="invalid_rule", field="op")
        allowed: str | None = None
        if self.op in ("in", "not_in") and not isinstance(self.value, tuple):
            allowed = "a list"
        elif self.op == "exists" and not isinstance(self.value, bool):
            allowed = "true or false"
        elif self.op in ("<", "<=", ">", ">=") and not _is_number(self.value):
            allowed = "a number"
        elif self.op in ("==", "!=") and (self.value is None or isinstance(self.value, tuple)):
            allowed = "a string, a number, true or false"
        if allowed:
            raise Invalid(
                f"value: got {shorten(self.value)} with op '{self.op}'; allowed {allowed}",
                code="invalid_rule",
                field="value",
            )


def depth(rule: Rule) -> int:
    """How deep rules are nested; a test alone is 1."""
    inner = rule.all or rule.any or ((rule.negated,) if rule.negated else ())
    return 1 + max((depth(each) for each in inner), default=0)


def why_not(rule: Rule, known: Mapping[str, Scalar]) -> str | None:
    """Say which part of `rule` fails for what is `known`, or None when it holds."""
    if rule.all is not None:
        return next((why for each in rule.all if (why := why_not(each, known))), None)
    if rule.any is not None:
        reasons = [why_not(each, known) for each in rule.any]
        return None if None in reasons else "none of: " + "; ".join(map(str, reasons))
    if rule.negated is not None:
        return None if why_not(rule.negated, known) else f"not allowed: {describe(rule.negated)}"
    assert rule.field is not None  # noqa: S101  (construction allows nothing else; for the type checker)
    return _why_test_fails(rule, rule.field, known)


def _why_test_fails(rule: Rule, field: str, known: Mapping[str, Scalar]) -> str | None:
    if rule.op == "exists":
        holds = (field in known) == rule.value
        return None if holds else f"{describe(rule)}: {'known' if field in known else 'not known'}"
    if field not in known:
        return f"{describe(rule)}: not known"
    holds = _TESTS[str(rule.op)](known[field], rule.value)
    return None if holds else f"{describe(rule)}: got {shorten(known[field])}"


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

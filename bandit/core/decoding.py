# SPDX-License-Identifier: Apache-2.0
"""Turning untrusted data into typed values, with errors that name the field, the value and what is allowed."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from bandit.errors import Invalid

T = TypeVar("T")

_AT = re.compile(r" - at `(\$[^`]*)`\Z")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_EXPECTED = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`\Z", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`\Z", re.DOTALL)


def convert(data: Any, kind: type[T], *, at: str = "") -> T:
    """Check plain data (dicts, lists, scalars) against `kind` and return it typed.

    Raises:
        Invalid: names the field below `at`, the value that was given, and what is allowed.
    """
    try:
        return msgspec.convert(data, kind, strict=True)
    except msgspec.ValidationError as error:
        raise explained(error, data, at=at) from None


def nested(error: Invalid, *, at: str) -> Invalid:
    """The same error one level further out: `at` is put before the field it names."""
    if not at:
        return error
    field = f"{at}.{error.field}" if error.field else at
    message = f"{at}.{error.message}" if error.field else f"{at}: {error.message}"
    return Invalid(message, code=error.code, field=field)


def explained(error: msgspec.ValidationError, data: Any, *, at: str = "") -> Invalid:
    """Say in our words what msgspec refused; `data` is looked into for the offending value."""
    text = str(error)
    found = _AT.search(text)
    reason = text[: found.start()] if found else text
    path = [key or int(index) for key, index in _STEP.findall(found.group(1))] if found else []
    if isinstance(error.__cause__, Invalid):
        return nested(
            error.__cause__, at=".".join([at, *map(str, path)] if at else [str(step) for step in path])
        )
    if unknown := _UNKNOWN.fullmatch(reason):
        return _invalid([*path, unknown.group(1)], "unknown field", at=at)
    if missing := _MISSING.fullmatch(reason):
        return _invalid([*path, missing.group(1)], "got nothing; it is required", at=at)
    if expected := _EXPECTED.fullmatch(reason):
        shown = _shown(data, path, otherwise=expected.group(2))
        return _invalid(path, f"got {shown}; allowed {expected.group(1)}", at=at)
    return _invalid(path, f"got {_shown(data, path, otherwise='a value')}; {reason}", at=at)


def _invalid(path: list[Any], problem: str, *, at: str) -> Invalid:
    field = ".".join([at, *map(str, path)] if at else [str(step) for step in path])
    return Invalid(f"{field or 'body'}: {problem}", field=field or None)


def _shown(data: Any, path: list[Any], *, otherwise: str) -> str:
    """The value at `path`, short enough for one line."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return otherwise
    if isinstance(data, (dict, list)):
        return otherwise
    return shorten(data)


def shorten(value: object, *, longest: int = 60) -> str:
    """`repr` of a value for a message: control characters escaped, cut when long."""
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}..."

# SPDX-License-Identifier: Apache-2.0
"""From a caller's nested context to fields with dotted names, checked and bounded."""

from __future__ import annotations

from collections.abc import Mapping

from bandit.core.decoding import shorten
from bandit.core.values import MAX_NUMBER, Scalar, Value, level_of
from bandit.errors import Invalid

MAX_FIELDS = 256
MAX_LIST = 64
MAX_TEXT = 256
_MAX_DEPTH = 4

_KINDS: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}


def flatten(context: Mapping[str, object], *, without: frozenset[str] = frozenset()) -> dict[str, Value]:
    """Turn nested context into fields; a list becomes the set of its levels, null is not known.

    Args:
        context: plain JSON values.
        without: first parts of names to leave out (raw input of adapters).

    Raises:
        Invalid: too many fields (each entry of a list is one), too deep, too long, a number out of range, or
            a list of something else.
    """
    fields: dict[str, Value] = {}
    for name, value in context.items():
        if name.partition(".")[0] not in without:
            _add(fields, name, value, depth=1)
    if sum(len(value) if isinstance(value, tuple) else 1 for value in fields.values()) > MAX_FIELDS:
        raise Invalid(
            f"context: got more than {MAX_FIELDS} fields; allowed at most {MAX_FIELDS}", field="context"
        )
    return fields


def _add(fields: dict[str, Value], name: str, value: object, *, depth: int) -> None:
    if isinstance(value, dict):
        if depth >= _MAX_DEPTH:
            raise _refused(name, f"got objects nested deeper; allowed {_MAX_DEPTH} levels")
        for key, inner in value.items():
            _add(fields, f"{name}.{key}", inner, depth=depth + 1)
    elif isinstance(value, list):
        _keep(fields, name, _levels(name, value))
    elif value is not None:
        _keep(fields, name, _scalar(name, value))


def _levels(name: str, values: list[object]) -> tuple[str, ...]:
    if len(values) > MAX_LIST:
        raise _refused(name, f"got a list of {len(values)}; allowed at most {MAX_LIST}")
    for each in values:
        if not isinstance(each, (str, bool, int, float)):
            raise _refused(
                name, f"got a list with {_kind(each)}; allowed lists of strings, numbers, true and false"
            )
    return tuple(sorted({level_of(_scalar(name, each)) for each in values}))


def _keep(fields: dict[str, Value], name: str, value: Value) -> None:
    if len(name) > MAX_TEXT:
        raise _refused(name[:40] + "...", f"got a name of {len(name)} characters; allowed at most {MAX_TEXT}")
    if not _encodable(name):
        raise _refused(ascii(name), "got a name that is no text; allowed text that UTF-8 can hold")
    fields[name] = value


def _scalar(name: str, value: object) -> Scalar:
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise _refused(name, f"got {len(value)} characters; allowed at most {MAX_TEXT}")
        if not _encodable(value):
            raise _refused(name, "got half a surrogate pair in it; allowed text that UTF-8 can hold")
        return value
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        if not abs(value) <= MAX_NUMBER:
            raise _refused(name, f"got {shorten(value)}; allowed numbers of at most {MAX_NUMBER:g} in size")
        return float(value)
    raise _refused(
        name, f"got {_kind(value)}; allowed strings, numbers, true, false, lists of these, objects"
    )


def _kind(value: object) -> str:
    """What a value is, in JSON's words; never the value itself, which may be about a person."""
    return _KINDS.get(type(value), "something that is not JSON")


def _encodable(text: str) -> bool:
    """Whether UTF-8 can hold a text: half a surrogate pair, which JSON can spell, is none."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _refused(name: str, problem: str) -> Invalid:
    return Invalid(f"context.{name}: {problem}", field=f"context.{name}")

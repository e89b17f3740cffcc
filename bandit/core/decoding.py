# SPDX-License-Identifier: Apache-2.0
"""Turning untrusted data into typed values, with errors that name field, value and what is allowed."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from bandit.errors import Invalid

T = TypeVar("T")
Path = list[str | int]

_AT = re.compile(r" - at (`key` in )?`\$([^`]*)`\Z")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")
_SOME_KEY = "..."  # how msgspec writes a key of a mapping, whichever it was
_EXPECTED = re.compile(r"Expected `([^`]*)`(?: of length (\d+))?, got `?([^`]*)`?\Z")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`\Z", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`\Z", re.DOTALL)
_IN_WORDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "object": "a mapping",
    "array": "a list",
    "datetime": "a time, e.g. 2026-11-01T00:00:00Z",
}


def convert(data: Any, kind: type[T], *, at: str = "") -> T:
    """Check plain data (dicts, lists, scalars) against `kind` and return it typed.

    Raises:
        Invalid: names the field below `at`, the value that was given, and what is allowed.
    """
    try:
        return msgspec.convert(data, kind, strict=True)
    except msgspec.ValidationError as error:
        raise explained(error, data, at=at, kind=kind) from None
    except RecursionError:
        field = at or "body"
        raise Invalid(f"{field}: got data nested too deeply; allowed a few levels", field=field) from None


def join_path(at: str, *steps: str | int) -> str:
    """A dotted path below `at`, which may be empty."""
    return ".".join(map(str, [at, *steps] if at else steps))


def nested(error: Invalid, *, at: str) -> Invalid:
    """The same error one level further out: `at` is put before the field it names."""
    if not at:
        return error
    message = f"{at}.{error.message}" if error.field else f"{at}: {error.message}"
    return Invalid(message, code=error.code, field=join_path(at, error.field) if error.field else at)


def explained(
    error: msgspec.ValidationError, data: Any, *, at: str = "", kind: type[Any] | None = None
) -> Invalid:
    """Say in our words what msgspec refused.

    Args:
        data: what was refused; it is looked into for the offending value; None when it cannot be had.
        at: path of `data` itself.
        kind: what `data` was to become; with it keys of mappings are named, and the words that are allowed.
    """
    reason, path, of_key = _parsed(str(error))
    if kind is not None and data is not None:
        path = _with_keys(path, data, kind, str(error))
    elif _SOME_KEY in path:
        path = path[: path.index(_SOME_KEY)]
    if isinstance(error.__cause__, Invalid):
        return nested(error.__cause__, at=join_path(at, *path))
    if of_key:
        return _invalid(path, f"got a key that is no text; {reason}", at=at)
    if unknown := _UNKNOWN.fullmatch(reason):
        return _invalid([*path, unknown[1]], "unknown field", at=at)
    if missing := _MISSING.fullmatch(reason):
        return _invalid([*path, missing[1]], "got nothing; it is required", at=at)
    shown = _shown(data, path)
    if expected := _EXPECTED.fullmatch(reason):
        length = f" of {expected[2]}" if expected[2] else ""
        return _invalid(
            path, f"got {shown or _in_words(expected[3])}; allowed {_in_words(expected[1])}{length}", at=at
        )
    if reason.startswith("Invalid enum value") and (words := _words_at(kind, path)):
        return _invalid(path, f"got {shown}; allowed {', '.join(words)}", at=at)
    if reason.startswith("Invalid RFC3339"):
        reason = f"allowed {_IN_WORDS['datetime']}"
    return _invalid(path, f"got {shown or 'a value'}; {reason}", at=at)


def _parsed(text: str) -> tuple[str, Path, bool]:
    """What msgspec refused, where, and whether it refused a key instead of a value."""
    found = _AT.search(text)
    if not found:
        return text, [], False
    path: Path = [
        key or (index if index == _SOME_KEY else int(index)) for key, index in _STEP.findall(found[2])
    ]
    return text[: found.start()], path, found[1] is not None


def _with_keys(path: Path, data: Any, kind: type[Any], text: str) -> Path:
    """The path with each `...` replaced by the first key that alone is refused for the same reason."""
    while _SOME_KEY in path:
        place = path.index(_SOME_KEY)
        mapping = _at(data, path[:place])
        for key in mapping:
            alone = _replaced(data, path[:place], {key: mapping[key]})
            try:
                msgspec.convert(alone, kind, strict=True)
            except msgspec.ValidationError as error:
                if str(error) == text:
                    path, data = [*path[:place], key, *path[place + 1 :]], alone
                    break
        else:
            return path[:place]
    return path


def _replaced(data: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    step, *rest = path
    copy = data.copy()
    copy[step] = _replaced(data[step], rest, value)
    return copy


def _words_at(kind: type[Any] | None, path: Path) -> list[str]:
    """The words that the field at `path` takes, if it is one that takes words."""
    if kind is None:
        return []
    at = msgspec.inspect.type_info(kind)
    for step in path:
        options = at.types if isinstance(at, msgspec.inspect.UnionType) else (at,)
        for option in options:
            if isinstance(option, msgspec.inspect.StructType):
                at = next(field.type for field in option.fields if field.encode_name == step)
            elif isinstance(option, msgspec.inspect.DictType):
                at = option.value_type
            elif isinstance(option, (msgspec.inspect.VarTupleType, msgspec.inspect.ListType)):
                at = option.item_type
    options = at.types if isinstance(at, msgspec.inspect.UnionType) else (at,)
    return [
        str(word) for each in options if isinstance(each, msgspec.inspect.LiteralType) for word in each.values
    ]


def _invalid(path: Path, problem: str, *, at: str) -> Invalid:
    field = join_path(at, *path)
    return Invalid(f"{field or 'body'}: {problem}", field=field or None)


def _in_words(expected: str) -> str:
    return " or ".join(_IN_WORDS.get(each, each) for each in expected.split(" | "))


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _shown(data: Any, path: Path) -> str:
    """The value at `path`, short enough for one line; empty when it is nothing or no scalar."""
    try:
        value = _at(data, path)
    except (KeyError, IndexError, TypeError):
        return ""
    return "" if value is None or isinstance(value, (dict, list)) else shorten(value)


def shorten(value: object, *, longest: int = 60) -> str:
    """`repr` of a value for a message: nothing is null, control characters are escaped, cut when long."""
    text = "null" if value is None else repr(value)
    return text if len(text) <= longest else f"{text[:longest]}..."

# SPDX-License-Identifier: Apache-2.0
"""YAML as people mean it: only what JSON can say too, and nothing lost or changed without a word.

Beside what PyYAML's safe loader refuses, refused are: a key that stands twice, aliases that go round in
circles or blow up, and values that JSON has no word for. Scalars are read as in YAML 1.2: `NO` is the
country, not false, `12:30` is a time of day, not 750, and times stay text until a field wants a time.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar, NamedTuple

import yaml

from bandit.core.decoding import shorten
from bandit.errors import Invalid

MOST_VALUES = 2_000_000
_DEEPEST = 64
_PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")}
_MERGE = "tag:yaml.org,2002:merge"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader, in C where PyYAML was built with it, with the scalars of YAML 1.2."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}


_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
)
for _name, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_name}", re.compile(f"(?:{_pattern})\\Z"), list(_first)
    )


def parse_yaml(data: bytes, *, name: str) -> object:
    """The plain values in a YAML document called `name`.

    Raises:
        Invalid: it is not one document of such values; names the line.
    """
    loader = _Loader(data)
    try:
        _check_depth(data, name=name)
        node = loader.get_single_node()
        if node is None:
            return None
        _extent(node, {}, name=name)
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise Invalid(f"{name}: got what is not YAML ({_reason(error)}); allowed one YAML document") from None
    except ValueError as error:
        if isinstance(error, Invalid):
            raise
        raise Invalid(f"{name}: got what cannot be read ({error}); allowed one YAML document") from None
    finally:
        loader.dispose()


def _check_depth(data: bytes, *, name: str) -> None:
    """Composing nodes is a recursion in C that can overflow the stack; events come one after the other."""
    depth = 0
    for event in yaml.parse(data, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        _check_levels(depth, event, name=name)


def _check_levels(depth: int, where: yaml.Node | yaml.Event, *, name: str) -> None:
    if depth > _DEEPEST:
        raise _refused(where, f"more than {_DEEPEST} levels", f"at most {_DEEPEST}", name=name)


class _Extent(NamedTuple):
    """How many values, and how many levels of them, a node stands for when every alias is written out."""

    values: int
    levels: int


def _extent(node: yaml.Node, known: dict[int, _Extent | None], *, name: str) -> _Extent:
    """Check a node and all below it; those being checked are known as None."""
    if id(node) in known:
        extent = known[id(node)]
        if extent is None:
            raise _refused(node, "an alias of what it is part of", "aliases of something else", name=name)
        return extent
    if node.tag not in _PLAIN and node.tag != _MERGE:
        raise _refused(node, f"a value tagged {shorten(node.tag)}", "what JSON can say", name=name)
    known[id(node)] = None
    below = [_extent(child, known, name=name) for child in _children(node, name=name)]
    extent = _Extent(
        1 + sum(each.values for each in below), 1 + max((each.levels for each in below), default=-1)
    )
    if extent.values > MOST_VALUES:
        raise _refused(node, f"{extent.values} values with all aliases", f"at most {MOST_VALUES}", name=name)
    _check_levels(extent.levels, node, name=name)
    known[id(node)] = extent
    return extent


def _children(node: yaml.Node, *, name: str) -> list[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if not isinstance(node, yaml.MappingNode):
        return []
    seen: set[str] = set()
    for key, _ in node.value:
        if key.tag == _MERGE:
            continue
        if key.tag != "tag:yaml.org,2002:str":
            raise _refused(key, f"the key {shorten(key.value)}", "keys that are text (quote it)", name=name)
        if key.value in seen:
            raise _refused(key, f"the key {shorten(key.value)} twice", "each key once", name=name)
        seen.add(key.value)
    return [value for _, value in node.value]


def _refused(where: yaml.Node | yaml.Event, got: str, allowed: str, *, name: str) -> Invalid:
    line = "" if where.start_mark is None else f" (line {where.start_mark.line + 1})"
    return Invalid(f"{name}: got {got}{line}; allowed {allowed}")


def _reason(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return (str(error).splitlines() or [type(error).__name__])[0]

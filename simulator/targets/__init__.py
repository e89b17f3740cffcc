# SPDX-License-Identifier: Apache-2.0
"""Policies that can be evaluated on a log, and how they are written: `kind:setting=value,setting=value`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bandit.errors import Invalid
from simulator.logs.columns import number
from simulator.targets.policy import TargetPolicy
from simulator.targets.simple import Fixed, Greedy, Logged, LoggedColumn, Uniform
from simulator.targets.table import Table

__all__ = ["TARGETS", "build_target", "parse_spec"]


def _greedy(settings: Mapping[str, str], label: str) -> TargetPolicy:
    epsilon = number(settings.get("epsilon", "0"))
    if not 0 <= epsilon <= 1:
        raise Invalid(f"epsilon: got {settings['epsilon']!r}; allowed 0 to 1", field="epsilon")
    return Greedy(epsilon, label)


# kind: the settings that it takes, those that it must have, and how it is made
TARGETS: dict[
    str, tuple[frozenset[str], frozenset[str], Callable[[Mapping[str, str], str], TargetPolicy]]
] = {
    "uniform": (frozenset(), frozenset(), lambda _, label: Uniform(label)),
    "logged": (frozenset(), frozenset(), lambda _, label: Logged(label)),
    "fixed": (frozenset({"arm"}), frozenset({"arm"}), lambda given, label: Fixed(given["arm"], label)),
    "column": (
        frozenset({"name"}),
        frozenset({"name"}),
        lambda given, label: LoggedColumn(given["name"], label),
    ),
    "table": (
        frozenset({"file"}),
        frozenset({"file"}),
        lambda given, label: Table.read(Path(given["file"]), label=label),
    ),
    "greedy": (frozenset({"epsilon"}), frozenset(), _greedy),
}


def parse_spec(text: str) -> tuple[str, dict[str, str]]:
    """`kind:a=1,b=2` as a kind and its settings; raise Invalid when it is no such thing."""
    kind, _, rest = text.partition(":")
    settings: dict[str, str] = {}
    for part in filter(None, rest.split(",")):
        name, equals, value = part.partition("=")
        if not equals or not name or name in settings:
            raise Invalid(f"{kind}: got {part!r}; allowed name=value, each once", field=kind)
        settings[name] = value
    return kind, settings


def build_target(text: str) -> TargetPolicy:
    """A policy from its text; raise Invalid for an unknown kind or setting."""
    kind, settings = parse_spec(text)
    if kind not in TARGETS:
        raise Invalid(f"policy: got {kind!r}; allowed {', '.join(sorted(TARGETS))}", field="policy")
    allowed, wanted, make = TARGETS[kind]
    for name in settings:
        if name not in allowed:
            known = ", ".join(sorted(allowed)) or "no settings"
            raise Invalid(f"policy {kind}: got {name!r}; allowed {known}", field=name)
    for name in sorted(wanted):
        if name not in settings:
            raise Invalid(f"policy {kind}: got no {name}; allowed {kind}:{name}=...", field=name)
    return make(settings, text)

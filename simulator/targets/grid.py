# SPDX-License-Identifier: Apache-2.0
"""Grids of settings as they are written: `linucb:alpha=0.1|0.5|1` stands for three policies."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from bandit.errors import Invalid


def expand(text: str) -> list[str]:
    """Every spec that a grid stands for, the last setting changing fastest; raise Invalid for an empty value.

    A spec without `|` stands for itself.
    """
    kind, colon, rest = text.partition(":")
    names: list[str] = []
    choices: list[list[str]] = []
    for part in filter(None, rest.split(",")):
        name, equals, values = part.partition("=")
        several = values.split("|") if equals else [""]
        if len(several) > 1 and (not all(several) or len(set(several)) < len(several)):
            raise Invalid(f"{kind}: got {part!r}; allowed {name}=A|B|..., each value once", field=name)
        names.append(f"{name}{equals}")
        choices.append(several)
    if not colon:
        return [text]
    return [
        f"{kind}:" + ",".join(f"{name}{value}" for name, value in zip(names, values, strict=True))
        for values in product(*choices)
    ]


def expand_all(texts: Iterable[str]) -> list[str]:
    """The specs that several grids stand for, in order, each once; raise Invalid where one comes twice."""
    specs: list[str] = []
    for spec in (spec for text in texts for spec in expand(text)):
        if spec in specs:
            raise Invalid(f"policy: got {spec!r} twice; allowed each policy once", field="policy")
        specs.append(spec)
    return specs

# SPDX-License-Identifier: Apache-2.0
"""Grids of settings: `linucb:alpha=0.1|0.5,l2=1|10` stands for four policies, one for each combination."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from bandit.errors import Invalid
from simulator.targets import parse_spec

MOST = 1000


def expand_grid(text: str) -> list[str]:
    """Every combination of the settings of one spec, the first setting changing slowest.

    Raises:
        Invalid: not a spec, an empty choice, or more than `MOST` combinations.
    """
    kind, settings = parse_spec(text)
    choices = {name: value.split("|") for name, value in settings.items()}
    count = 1
    for name, values in choices.items():
        if "" in values and len(values) > 1:
            raise Invalid(f"{kind}: got {name}={settings[name]}; allowed a value beside each |", field=name)
        count *= len(values)
    if count > MOST:
        raise Invalid(f"{kind}: got a grid of {count} policies; allowed at most {MOST}", field="policy")
    if not choices:
        return [text]
    return [
        f"{kind}:" + ",".join(f"{name}={value}" for name, value in zip(choices, values, strict=True))
        for values in product(*choices.values())
    ]


def expand_all(texts: Sequence[str]) -> list[str]:
    """All specs with their grids expanded, each once, in order."""
    return list(dict.fromkeys(one for text in texts for one in expand_grid(text)))

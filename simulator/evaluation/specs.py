# SPDX-License-Identifier: Apache-2.0
"""Estimators as they are written on the command line: `snips`, `clipped_ips:limit=5`, `tuned:kind=dros`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

from bandit.errors import Invalid
from simulator.estimators import ESTIMATORS
from simulator.estimators.protocol import Estimator
from simulator.logs.columns import number
from simulator.targets import parse_spec
from simulator.tuning import UNCUT, Tuned

SETTINGS = frozenset({"limit", "bend", "weight_min", "weight_max"})


def build_estimators(texts: Sequence[str], *, modelled: bool) -> dict[str, Callable[[], Estimator]]:
    """Makers of estimators, by text; raise Invalid for what does not exist or cannot be had.

    Args:
        texts: one for each estimator.
        modelled: whether there is a reward model.
    """
    makers: dict[str, Callable[[], Estimator]] = {}
    for text in texts:
        kind, settings = parse_spec(text)
        make = _tuned(settings) if kind == "tuned" else _plain(kind, settings)
        if "reward_model" in make().needs and not modelled:
            raise Invalid(f"{kind}: got no reward model; allowed only with one", field="reward_model")
        makers[text] = make
    if not makers:
        raise Invalid("estimators: got none; allowed one or more", field="estimators")
    return makers


def _plain(kind: str, given: dict[str, str]) -> Callable[[], Estimator]:
    if kind not in ESTIMATORS:
        known = ", ".join([*sorted(ESTIMATORS), "tuned"])
        raise Invalid(f"estimator: got {kind!r}; allowed {known}", field="estimator")
    make: Any = ESTIMATORS[kind]
    allowed = SETTINGS & {field.name for field in fields(make)}
    settings: dict[str, float] = {}
    for name, text in given.items():
        if name not in allowed:
            known = ", ".join(sorted(allowed)) or "no settings"
            raise Invalid(f"{kind}: got {name!r}; allowed {known}", field=name)
        settings[name] = number(text)
        if math.isnan(settings[name]):
            raise Invalid(f"{name}: got {text!r}; allowed a number", field=name)
    # partial, not lambda: makers go to other processes
    return partial(make, **settings)


def _tuned(given: dict[str, str]) -> Callable[[], Estimator]:
    for name in given:
        if name not in ("kind", "rule"):
            raise Invalid(f"tuned: got {name!r}; allowed kind, rule", field=name)
    if "kind" not in given:
        raise Invalid(f"tuned: got no kind; allowed {', '.join(sorted(UNCUT))}", field="kind")
    return partial(Tuned.of, given["kind"], rule=given.get("rule", "slope"))

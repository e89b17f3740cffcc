# SPDX-License-Identifier: Apache-2.0
"""Policies that learn, as they are written: `epsilon_greedy:epsilon=0.1,scorer.kind=linucb`."""

from __future__ import annotations

import json
from typing import Any

from bandit.core.decoding import shorten
from bandit.errors import Invalid
from policies import InvalidSetting, build
from simulator.targets import parse_spec


def parse_policy(text: str) -> dict[str, Any]:
    """A spec as a catalogue writes it: `{"kind": ..., setting: value}`, checked by making the policy once.

    A dot leads into a policy inside a policy; values are numbers, `true`, `false`, `null`, or words.

    Raises:
        Invalid: an unknown kind, an unknown setting, or a value that it does not take.
    """
    kind, settings = parse_spec(text)
    policy: dict[str, Any] = {"kind": kind}
    for name, value in settings.items():
        *path, last = name.split(".")
        place = policy
        for step in path:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise Invalid(
                    f"policy {kind}: got {name}={shorten(value)}; allowed one value each", field=name
                )
        place[last] = _value(value)
    try:
        build(policy, dimension=2)
    except InvalidSetting as error:
        raise Invalid(f"policy.{error}", field=f"policy.{error.field}") from None
    return policy


def _value(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if value is None or isinstance(value, bool | int | float) else text

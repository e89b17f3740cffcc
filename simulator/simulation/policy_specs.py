# SPDX-License-Identifier: Apache-2.0
"""Policies to be played, as texts: those of `simulator.targets.learning`, and `default`."""

from __future__ import annotations

from typing import Any

from policies import DEFAULT
from simulator.targets.learning import parse_policy


def policy_of(text: str) -> dict[str, Any]:
    """A spec as a catalogue writes it; `default` is what a placement gets that names no policy.

    Raises:
        Invalid: an unknown kind, an unknown setting, or a value that it does not take.
    """
    return dict(DEFAULT) if text == "default" else parse_policy(text)

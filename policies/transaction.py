# SPDX-License-Identifier: Apache-2.0
"""Changing several policies together: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from policies.protocol import Policy


def all_or_none(parts: Sequence[Policy], steps: Sequence[Callable[[], None]]) -> None:
    """Run `steps`; when one raises, give every part the state it had before and raise again."""
    before = [part.dump() for part in parts]
    try:
        for step in steps:
            step()
    except ValueError:
        for part, state in zip(parts, before, strict=True):
            part.load(state)
        raise

# SPDX-License-Identifier: Apache-2.0
"""Lines of the program's log that anyone may cause at will: the first of a kind, then one for many."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class _Muted:
    """A kind that was told of since the last flush: how its next line looks, and for how many it stands."""

    logger: Any
    level: str
    event: str
    fields: dict[str, Any]
    count: int = 0


class Sampled:
    """Tells of the first of each kind at once, and of those that follow with one line a flush.

    Kinds come from a bounded set (routes, codes, placements), never from what a caller makes up: memory and
    lines are bounded by their number.
    """

    def __init__(self) -> None:
        self._muted: dict[Hashable, _Muted] = {}

    def say(self, logger: Any, level: str, event: str, *, kind: Hashable = (), **fields: Any) -> None:
        """Write a line, unless there was one of its kind since the last flush.

        Args:
            logger, level: of structlog, e.g. "info".
            kind: together with the event, what makes lines alike.
            fields: of the line; those of the newest stand in the line that tells of the others.
        """
        muted = self._muted.get((event, kind))
        if muted is None:
            self._muted[event, kind] = _Muted(logger, level, event, fields)
            getattr(logger, level)(event, **fields)
            return
        muted.fields = fields
        muted.count += 1

    def flush(self) -> None:
        """Write a line for each kind of which some were left out, with their number; called every second."""
        before, self._muted = self._muted, {}
        for kind, muted in before.items():
            if muted.count:
                # The traceback stands with the first; holding on to those of others would hold their frames.
                fields = {name: value for name, value in muted.fields.items() if name != "exc_info"}
                getattr(muted.logger, muted.level)(muted.event, **fields, left_out=muted.count)
                self._muted[kind] = _Muted(muted.logger, muted.level, muted.event, {})

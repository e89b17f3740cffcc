# SPDX-License-Identifier: Apache-2.0
"""Which arms may be shown to this visitor now, and why the others may not."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandit.core.arm import Arm
from bandit.core.rules import why_not
from bandit.core.values import Value

NEVER = float("inf")
EXCLUDED = "excluded by the caller"
# So many of them are written down, for a log is not the place for whatever a caller sends.
_MOST_UNKNOWN = 100
UNKNOWN = "excluded by the caller; it is no arm of the placement"


class Standing(NamedTuple):
    """Eligibility of the arms, and why some are left out.

    Args:
        mask: shape (K,), True for arms that may be shown. Never written to: requests share it.
        left_out: why the others may not, by arm; and what the caller excluded that is no arm.
    """

    mask: NDArray[np.bool_]
    left_out: dict[str, str]


class Roster:
    """The arms of a placement in the marketer's order, prepared so that most requests look at none.

    Args: tell: fields whose values may stand in reasons, for those are logged; all of them where it is None.
    """

    def __init__(self, arms: Mapping[str, Arm], *, tell: Container[str] | None = None) -> None:
        self._tell = tell
        self.names = tuple(arms)
        self._arms = tuple(arms.values())
        self._asked = [
            (row, name, arm) for row, (name, arm) in enumerate(arms.items()) if arm.eligible or arm.cap
        ]
        self._standing = Standing(np.zeros(0, dtype=bool), {})
        self._since, self._until = NEVER, -NEVER

    def standing(self, at: float) -> Standing:
        """Who may be shown at `at`, before rules, caps and the caller's exclusions."""
        if not self._since <= at < self._until:
            edges = [_seconds(edge) for arm in self._arms for edge in (arm.starts_at, arm.ends_at) if edge]
            self._standing = self._look(at)
            # Between two neighbouring edges of all schedules nothing changes.
            self._since = max((edge for edge in edges if edge <= at), default=-NEVER)
            self._until = min((edge for edge in edges if edge > at), default=NEVER)
        return self._standing

    def _look(self, at: float) -> Standing:
        left_out = {}
        for name, arm in zip(self.names, self._arms, strict=True):
            if arm.paused:
                left_out[name] = "paused"
            elif arm.starts_at and at < _seconds(arm.starts_at):
                left_out[name] = f"starts at {arm.starts_at:%Y-%m-%dT%H:%M:%SZ}"
            elif arm.ends_at and at >= _seconds(arm.ends_at):
                left_out[name] = f"ended at {arm.ends_at:%Y-%m-%dT%H:%M:%SZ}"
        return Standing(np.array([name not in left_out for name in self.names], dtype=bool), left_out)

    def eligible(
        self,
        *,
        at: float,
        known: Mapping[str, Value],
        exclude: frozenset[str],
        shown: Mapping[str, int],
    ) -> Standing:
        """Who may be shown to this visitor.

        Args:
            at: Unix seconds.
            known: what is known about the request, by field.
            exclude: arms that the caller does not want.
            shown: how often capped arms were shown to the visitor within their windows; empty when the
                visitor is unknown, then caps do not bind.
        """
        standing = self.standing(at)
        if not self._asked and not exclude:
            return standing
        mask, left_out = standing.mask.copy(), dict(standing.left_out)
        for row, name, arm in self._asked:
            if mask[row] and (why := self._why_not_shown(name, arm, known, shown)):
                mask[row] = False
                left_out[name] = why
        for row, name in enumerate(self.names) if exclude else ():
            if mask[row] and name in exclude:
                mask[row] = False
                left_out[name] = EXCLUDED
        # A front end may not have heard yet that an arm is gone.
        for name in sorted(exclude.difference(self.names))[:_MOST_UNKNOWN] if exclude else ():
            left_out[name] = UNKNOWN
        return Standing(mask, left_out)

    def _why_not_shown(
        self, name: str, arm: Arm, known: Mapping[str, Value], shown: Mapping[str, int]
    ) -> str | None:
        if arm.eligible and (why := why_not(arm.eligible, known, tell=self._tell)):
            return why
        if arm.cap and shown.get(name, 0) >= arm.cap.per_user:
            return f"cap: shown {shown[name]} times within {arm.cap.window}"
        return None


def _seconds(moment: datetime) -> float:
    return moment.timestamp()

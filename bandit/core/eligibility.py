# SPDX-License-Identifier: Apache-2.0
"""Which arms may be shown to this visitor now, and why the others may not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bandit.core.catalogue import Arm
from bandit.core.rules import Scalar, why_not

NEVER = float("inf")

TimesShown = Callable[[str], int]
"""How often an arm was shown to the visitor within the window of its cap."""


class Standing(NamedTuple):
    """Eligibility as far as it depends on the clock alone.

    Args:
        mask: shape (K,), True for arms that are neither paused nor out of their dates.
        left_out: why the others are not, by arm.
        until: Unix seconds until which this holds.
    """

    mask: NDArray[np.bool_]
    left_out: dict[str, str]
    until: float


class Roster:
    """The arms of a placement in the marketer's order, prepared so that most requests look at none of them."""

    def __init__(self, arms: Mapping[str, Arm]) -> None:
        self.names = tuple(arms)
        self._arms = tuple(arms.values())
        self._asked = [
            (row, name, arm) for row, (name, arm) in enumerate(arms.items()) if arm.eligible or arm.cap
        ]
        self._standing = Standing(np.zeros(0, dtype=bool), {}, -NEVER)
        self._since = NEVER

    def standing(self, at: float) -> Standing:
        """Who may be shown at `at`, before rules, caps and the caller's exclusions."""
        if not self._since <= at < self._standing.until:
            self._standing = self._look(at)
            self._since = at
        return self._standing

    def _look(self, at: float) -> Standing:
        left_out = {}
        until = NEVER
        for name, arm in zip(self.names, self._arms, strict=True):
            starts, ends = _seconds(arm.starts_at, -NEVER), _seconds(arm.ends_at, NEVER)
            until = min(until, *(edge for edge in (starts, ends) if edge > at), NEVER)
            if arm.paused:
                left_out[name] = "paused"
            elif at < starts:
                left_out[name] = f"starts at {arm.starts_at:%Y-%m-%dT%H:%M:%SZ}"
            elif at >= ends:
                left_out[name] = f"ended at {arm.ends_at:%Y-%m-%dT%H:%M:%SZ}"
        mask = np.array([name not in left_out for name in self.names], dtype=bool)
        return Standing(mask, left_out, until)

    def eligible(
        self,
        *,
        at: float,
        known: Mapping[str, Scalar],
        exclude: frozenset[str],
        times_shown: TimesShown | None,
    ) -> tuple[NDArray[np.bool_], dict[str, str]]:
        """Who may be shown to this visitor: a mask, shape (K,), and why the others may not, by arm.

        Args:
            at: Unix seconds.
            known: what is known about the request, by field.
            exclude: arms that the caller does not want.
            times_shown: counts for caps; None when the visitor is unknown, then caps do not bind.
        """
        standing = self.standing(at)
        if not self._asked and not exclude:
            return standing.mask, standing.left_out
        mask, left_out = standing.mask.copy(), dict(standing.left_out)
        for row, name, arm in self._asked:
            if mask[row] and (why := _why_not_shown(name, arm, known, times_shown)):
                mask[row] = False
                left_out[name] = why
        for row, name in enumerate(self.names) if exclude else ():
            if mask[row] and name in exclude:
                mask[row] = False
                left_out[name] = "excluded by the caller"
        return mask, left_out


def _why_not_shown(
    name: str, arm: Arm, known: Mapping[str, Scalar], times_shown: TimesShown | None
) -> str | None:
    if arm.eligible and (why := why_not(arm.eligible, known)):
        return why
    if arm.cap and times_shown and times_shown(name) >= arm.cap.per_user:
        return f"cap: shown {arm.cap.per_user} times within {arm.cap.window}"
    return None


def _seconds(moment: datetime | None, otherwise: float) -> float:
    return otherwise if moment is None else moment.timestamp()

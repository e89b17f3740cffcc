# SPDX-License-Identifier: Apache-2.0
"""An arm: what can be shown, when, to whom, how often and how likely."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from bandit.core.checked import Checked, check_plain, within
from bandit.core.decoding import shorten
from bandit.core.rules import Rule
from bandit.core.values import Scalar
from bandit.errors import Invalid

_SPAN = re.compile(r"([1-9]\d{0,6})(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LONGEST_S = 90 * 86_400
_YEARS = (1970, 9998)  # a year of room, so that no zone carries a time out of what a calendar holds


class Share(Checked, frozen=True):
    """Bounds on the probability of an arm in every slot, as far as the arms present can meet them."""

    min: float = 0.0
    max: float = 1.0

    def __post_init__(self) -> None:
        within("min", self.min, 0, 1)
        within("max", self.max, 0.001, 1)
        if self.min > self.max:
            raise Invalid(f"min: got {self.min}; allowed at most max, {self.max}", field="min")


class Cap(Checked, frozen=True):
    """How often one user may be shown an arm within a sliding window, e.g. "1d", "12h", "30m"."""

    per_user: int
    window: str = "1d"

    def __post_init__(self) -> None:
        within("per_user", self.per_user, 1, 1_000)
        span = _SPAN.fullmatch(self.window)
        if not span or int(span[1]) * _SECONDS[span[2]] > _LONGEST_S:
            raise Invalid(
                f"window: got {shorten(self.window)}; allowed e.g. 30m, 12h, 7d, at most 90d", field="window"
            )

    @property
    def window_s(self) -> int:
        """The window in seconds."""
        return int(self.window[:-1]) * _SECONDS[self.window[-1]]


class Arm(Checked, frozen=True):
    """Something that can be shown.

    Args:
        features: describe it to the policy.
        payload: plain data, returned as is.
        starts_at, ends_at: when it may be shown, from the first until just before the second.
        eligible: to whom it may be shown; unset, to everybody.
        boost: multiplies its probability before normalising.
        share: bounds on its probability.
        cap: how often a user may be shown it.
        paused: whether it is held back.
    """

    features: dict[str, Scalar] = msgspec.field(default_factory=dict)
    payload: Any = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    eligible: Rule | None = None
    boost: float = 1.0
    share: Share = Share()
    cap: Cap | None = None
    paused: bool = False

    def __post_init__(self) -> None:
        for name in ("starts_at", "ends_at"):
            # Times are kept in UTC, so that equal moments are equal bytes in the log.
            msgspec.structs.force_setattr(self, name, _utc(name, getattr(self, name)))
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise Invalid(
                f"ends_at: got {self.ends_at.isoformat()}; allowed after starts_at", field="ends_at"
            )
        within("boost", self.boost, 0.001, 1000)
        if len(self.features) > 64:
            raise Invalid(f"features: got {len(self.features)}; allowed at most 64", field="features")
        for name, value in self.features.items():
            if isinstance(value, float):
                within(f"features.{name}", value, -1e18, 1e18)
        check_plain("payload", self.payload)


def _utc(name: str, moment: datetime | None) -> datetime | None:
    if moment is None or (moment.tzinfo is UTC and _YEARS[0] <= moment.year <= _YEARS[1]):
        return moment
    if moment.tzinfo is None or not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise Invalid(
            f"{name}: got {moment.isoformat()}; allowed a time with its zone, e.g. 2026-11-01T00:00:00Z, "
            f"of the years {_YEARS[0]} to {_YEARS[1]}",
            field=name,
        )
    return moment.astimezone(UTC)

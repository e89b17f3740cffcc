# SPDX-License-Identifier: Apache-2.0
"""How what is posted becomes the reward of a slot."""

from __future__ import annotations

from typing import Literal

import msgspec

from bandit.core.checked import Checked, check_name, within
from bandit.core.reward_steps import REWARD_UNIT, counts_of
from bandit.errors import Invalid

MAX_REWARD = 1e6
# An event that changes by more than this share when it is rounded cannot be told from nothing.
_TOO_FAR = 0.01
_DAY_S = 86_400


class RewardRule(Checked, frozen=True):
    """How what is posted becomes the reward of a slot.

    Args:
        events: named rewards and what they are worth.
        default: reward of a slot for which nothing was posted.
        aggregate: how several rewards of one slot combine.
        clip: range of the aggregate; unset, it spans 0, 1, the default and all events.
        wait_s: how long a decision waits before it counts with the default reward; 0 counts it at once.
        late_s: rewards that come later than this are kept in the log but not learned.
    """

    events: dict[str, float] = msgspec.field(default_factory=lambda: {"click": 1.0})
    default: float = 0.0
    aggregate: Literal["sum", "first", "max", "last"] = "sum"
    clip: tuple[float, float] | None = None
    wait_s: float = 0.0
    late_s: float = 30.0 * _DAY_S

    def __post_init__(self) -> None:
        for name, value in self.events.items():
            check_name("events", name)
            within(f"events.{name}", value, -MAX_REWARD, MAX_REWARD)
        within("default", self.default, -MAX_REWARD, MAX_REWARD)
        low, high = self.range
        within("clip", low, -MAX_REWARD, MAX_REWARD)
        within("clip", high, -MAX_REWARD, MAX_REWARD)
        if low >= high:
            raise Invalid(f"clip: got [{low:g}, {high:g}]; allowed a lower number first", field="clip")
        if not low <= self.default <= high:
            raise Invalid(
                f"default: got {self.default:g}; allowed within clip, {low:g} to {high:g}", field="default"
            )
        self._check_told_apart()
        within("wait_s", self.wait_s, 0, 30 * _DAY_S)
        within("late_s", self.late_s, self.wait_s, 365 * _DAY_S)

    def _check_told_apart(self) -> None:
        """Refuse events that are too small beside the largest reward to be learned as what they are worth."""
        for name, value in self.events.items():
            kept = counts_of(value / self.scale) * REWARD_UNIT * self.scale
            if abs(kept - value) > _TOO_FAR * abs(value):
                least = REWARD_UNIT * self.scale / (2 * _TOO_FAR)
                raise Invalid(
                    f"events.{name}: got {value:g} beside rewards of up to {self.scale:g}, where it would be "
                    f"learned as {kept:g}; allowed 0, or {least:.2g} or more",
                    field=f"events.{name}",
                )

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest reward of a slot."""
        if self.clip is not None:
            return self.clip
        values = [0.0, 1.0, self.default, *self.events.values()]
        return min(values), max(values)

    @property
    def least(self) -> float:
        """The least scaled reward, 0 where none is negative."""
        return min(self.range[0], 0.0) / self.scale

    @property
    def scale(self) -> float:
        """What a scaled reward of 1 stands for."""
        return max(abs(edge) for edge in self.range)

    def clipped(self, reward: float) -> float:
        """A reward within the range."""
        low, high = self.range
        return min(max(reward, low), high)

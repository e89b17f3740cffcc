# SPDX-License-Identifier: Apache-2.0
"""What an arm was shown and earned, in exact sums: the numbers behind every report."""

from __future__ import annotations

from typing import Literal

import msgspec

from bandit.core.reward_steps import REWARD_UNIT

Group = Literal["policy", "holdout", "fallback"]
GROUPS: tuple[Group, ...] = ("policy", "holdout", "fallback")


class Tally(msgspec.Struct):
    """Sums over the slots in which one arm was shown.

    Args:
        shown: slots in which it was shown.
        counted: those that count (shown, and not waiting for a reward any more).
        rewarded: rewards accepted for it.
        total: sum of the scaled rewards of the slots that count; squares: of their squares, each rounded.
    """

    shown: int = 0
    counted: int = 0
    rewarded: int = 0
    total: float = 0.0
    squares: float = 0.0

    def count(self, *, weight: float, change: float, reward: float) -> None:
        """Add a contribution, of whatever weight: how likely a slot is looked at changes no report.

        Both sums stay exact, for rewards are multiples of `REWARD_UNIT`, and squares are rounded to such.
        """
        before = reward - change
        self.counted += (weight > 0) - (weight < 0)
        self.total += change
        self.squares += _square(reward) - _square(before)

    def merge(self, other: Tally) -> None:
        """Add the sums of another tally."""
        self.shown += other.shown
        self.counted += other.counted
        self.rewarded += other.rewarded
        self.total += other.total
        self.squares += other.squares


def _square(reward: float) -> float:
    return round(reward * reward / REWARD_UNIT) * REWARD_UNIT


Tallies = dict[Group, dict[str, Tally]]


def new_tallies() -> Tallies:
    """No arm shown yet, in any group."""
    return {group: {} for group in GROUPS}

# SPDX-License-Identifier: Apache-2.0
"""The lives of a placement's policy: whenever it begins from nothing, the numbers of reports begin, too."""

from __future__ import annotations

import msgspec

from bandit.core.tally import Tallies, new_tallies

# So many lives that are over are kept for reports; the log has all of them.
MOST_PAST = 5


class Life(msgspec.Struct, array_like=True):
    """What was decided and earned in one life of a policy.

    Args:
        policy: its kind.
        epoch: log position at which it began from nothing; decisions carry it, and count for their life.
        began_at: when that was, in Unix seconds.
        reward_range: least and largest reward of a slot then, in the placement's units.
        tallies: what the arms earned, in scaled rewards.
        decisions: decisions by group.
    """

    policy: str
    epoch: int
    began_at: float
    reward_range: tuple[float, float]
    tallies: Tallies = msgspec.field(default_factory=new_tallies)
    decisions: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def scale(self) -> float:
        """What a scaled reward of 1 stands for."""
        return max(abs(edge) for edge in self.reward_range)

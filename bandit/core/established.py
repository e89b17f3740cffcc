# SPDX-License-Identifier: Apache-2.0
"""Which arms have sums of their own: those of the catalogue, and others that were shown often enough.

All other arms are newcomers. To policies and in tallies they have one name between them, `NEWCOMER`: what
they teach is learned for all of them together, through their features where the policy looks at these. So
what is kept does not grow with the arms that come along with requests.

Who is established follows from the log alone. How often newcomers were shown is counted as by Misra & Gries
(1982, "Finding repeated elements"): for a bounded number of names, never too high, and with k names counted
too low by at most one in k + 1 of all showings.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from bandit.core.checked import Checked, within
from policies import NEWCOMER

MAX_ESTABLISHED = 10_000
# So many names of newcomers are counted at least.
_COUNTED = 1_000


class NewcomersRule(Checked, frozen=True):
    """What arms must do that are not in the catalogue to have sums of their own.

    Args:
        views: how often one must have been shown.
        most: how many have sums at a time; the one that was not shown for longest makes room for the next.
    """

    views: int = 10
    most: int = 500

    def __post_init__(self) -> None:
        within("views", self.views, 1, 1_000_000)
        within("most", self.most, 0, MAX_ESTABLISHED)

    @property
    def counted(self) -> int:
        """How many names of newcomers are counted at a time."""
        return max(_COUNTED, 2 * self.most)


class DumpedEstablished(msgspec.Struct, array_like=True):
    """Plain data: since when arms are established, who of them is a guest, the counts of newcomers."""

    since: dict[str, int]
    guests: list[str]
    counts: dict[str, int]


class Established:
    """The established arms of a placement: those of its catalogue, and guests, which are not in it."""

    def __init__(self, dumped: DumpedEstablished | None = None) -> None:
        # The log position from which an arm has sums of its own.
        self._since: dict[str, int] = dict(dumped.since) if dumped else {}
        # Least recently shown first.
        self._guests: dict[str, None] = dict.fromkeys(dumped.guests) if dumped else {}
        self._counts: dict[str, int] = dict(dumped.counts) if dumped else {}
        self._asked: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    def name(self, arm: str, *, made_from: int) -> str:
        """Under which name the sums are that hold what a decision taught about an arm.

        Args:
            made_from: the position of the state that it was decided from. An arm that was established later,
                or has left since, was a newcomer then, or has been added to them.
        """
        since = self._since.get(arm)
        return NEWCOMER if since is None or since > made_from else arm

    def names(self, arms: tuple[str, ...]) -> tuple[str, ...]:
        """What arms are called when the policy is asked about them now."""
        asked, found = self._asked
        if asked is not arms:
            since = self._since
            found = arms
            if not all(map(since.__contains__, arms)):
                found = tuple([arm if arm in since else NEWCOMER for arm in arms])
            self._asked = (arms, found)
        return found

    def show(self, arms: Sequence[str], rule: NewcomersRule, *, position: int) -> list[str]:
        """Note that arms were shown; returns guests that leave, for others have earned their place."""
        for arm in arms:
            if arm in self._guests:
                del self._guests[arm]
                self._guests[arm] = None
            elif arm not in self._since and rule.most > 0 and self._has_earned(arm, rule):
                self._guests[arm] = None
                self._establish(arm, position)
        return self._leaving(rule)

    def settle(self, arms: Collection[str], rule: NewcomersRule, *, position: int) -> list[str]:
        """Note what the catalogue holds now; returns guests that leave. What it holds no more is a guest."""
        gone = sorted(arm for arm in self._since if arm not in arms and arm not in self._guests)
        self._guests |= dict.fromkeys(gone)
        for arm in arms:
            self._guests.pop(arm, None)
            if arm not in self._since:
                self._establish(arm, position)
        return self._leaving(rule)

    def dump(self) -> DumpedEstablished:
        """Plain data, which depends on what happened alone."""
        return DumpedEstablished(dict(self._since), list(self._guests), dict(self._counts))

    def _has_earned(self, arm: str, rule: NewcomersRule) -> bool:
        """Count a newcomer that was shown; whether that was often enough."""
        if arm not in self._counts and len(self._counts) >= rule.counted:
            # With it, one more name than can be counted: all of them lose one showing, and it has only this.
            self._counts = {name: count - 1 for name, count in self._counts.items() if count > 1}
            return False
        self._counts[arm] = count = self._counts.get(arm, 0) + 1
        return count >= rule.views

    def _establish(self, arm: str, position: int) -> None:
        self._counts.pop(arm, None)
        self._since[arm] = position
        self._asked = ((), ())

    def _leaving(self, rule: NewcomersRule) -> list[str]:
        leaving = list(self._guests)[: len(self._guests) - rule.most] if len(self._guests) > rule.most else []
        for arm in leaving:
            del self._guests[arm], self._since[arm]
            self._asked = ((), ())
        return leaving

# SPDX-License-Identifier: Apache-2.0
"""Forgetting a user: what their decisions have added is found in the log and taken away again, exactly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bandit.core.erasure import erasure
from bandit.core.events import Decided, Erasure, UserErased, UserForgotten
from bandit.core.state import Forgetting
from bandit.service.live import Live

_CHUNK = 2_000
# Decisions in one event: with three slots of 32 features, some 150 kB.
_DECISIONS_AN_EVENT = 200


class Forgotten(NamedTuple):
    """What forgetting a user has come to.

    Args:
        decisions: how many of the user's decisions were taken away.
        kept: placements whose policy cannot take back what it learned from them, with its kind.
    """

    decisions: int
    kept: dict[str, str]


class Erasing:
    """Forgets users, one after the other."""

    def __init__(self, live: Live, clock: Callable[[], float]) -> None:
        self._live = live
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def forget(self, user: str, *, by: str) -> Forgotten:
        """Take away all that the decisions made for a user so far have added, and their cap counters.

        The wish itself is logged first, as a barrier: from then on these decisions take no rewards, so that
        what is found of them is final. Should the process end in between, `resume` goes on from there.

        Args:
            user: the pseudonym.
            by: id of the key that asked for it.
        """
        async with self._one_at_a_time:
            await self._live.change([UserForgotten(at=self._clock(), by=by, user=user)])
            return await self._erase(user, by=by)

    async def resume(self) -> None:
        """Finish what an earlier process had begun."""
        async with self._one_at_a_time:
            for user, each in list(self._live.state.forgotten.items()):
                if each.erased < each.barrier:
                    [(_, wish)] = self._live.log.read(each.barrier - 1, limit=1)
                    await self._erase(user, by=wish.by if isinstance(wish, UserForgotten) else "")

    async def _erase(self, user: str, *, by: str) -> Forgotten:
        # What was sent to the log before the barrier was folded may still join rewards; nothing after it can.
        await self._live.append(lambda _: ())
        forgetting = self._live.state.forgotten[user]
        found = await asyncio.to_thread(self._find, user, forgetting, self._live.log.head)
        kept = self._kept(found)
        starts = range(0, max(len(found), 1), _DECISIONS_AN_EVENT)
        parts = [found[start : start + _DECISIONS_AN_EVENT] for start in starts]
        now, barrier = self._clock(), forgetting.barrier
        await self._live.change(
            [
                UserErased(at=now, by=by, user=user, barrier=barrier, erasures=part, last=part is parts[-1])
                for part in parts
            ]
        )
        return Forgotten(len(found), kept)

    def _find(self, user: str, forgetting: Forgetting, head: int) -> list[Erasure]:
        """Go through the log for decisions made for a user that are not erased yet; called in a thread."""
        log, after, out = self._live.log, forgetting.erased, []
        while after < head:
            records = log.read(after, limit=min(_CHUNK, head - after))
            for _, event in records:
                if isinstance(event, Decided) and event.user == user and _within(event, forgetting):
                    out.append(erasure(event, [later for _, later in log.history(event.decision)[1:]]))
            after = records[-1].position
        return out

    def _kept(self, erasures: Sequence[Erasure]) -> dict[str, str]:
        learners = self._live.state.learners
        return {
            each.placement: learner.policy.kind
            for each in erasures
            if (learner := learners.get(each.placement))
            and each.contributions
            and each.learns
            and each.epoch == learner.epoch
            and not learner.policy.additive
        }


def _within(decided: Decided, forgetting: Forgetting) -> bool:
    return forgetting.erased <= decided.made_from < forgetting.barrier

# SPDX-License-Identifier: Apache-2.0
"""Rewards, activations and the end of waits: each is joined to its decision inside the log's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from bandit.core import join
from bandit.core.catalogue import Placement
from bandit.core.decoding import shorten
from bandit.core.events import Activated, Decided, Expired, Rewarded
from bandit.core.join import Posted
from bandit.errors import NotFound
from bandit.log.base import Found, Lookups
from bandit.service.live import Live
from bandit.service.stages import placement_not_found

Status = Literal["accepted", "duplicate", "late"]

_EXPIRED_AT_ONCE = 500


class Outcome(NamedTuple):
    """What became of a reward: the slot's clipped aggregate so far, and whether the policy learns from it."""

    status: Status
    reward: float
    learned: bool


Scope = frozenset[str]
"""The placements that a key may touch; empty means all."""


class Rewarding:
    """Joins what is posted; every method returns when the outcome is durable and folded."""

    def __init__(self, live: Live) -> None:
        self._live = live

    async def reward(self, posted: Posted, *, scope: Scope, at: float) -> Outcome:
        """Accept a reward.

        Raises:
            NotFound: no such decision within `scope`, or its placement is gone.
            Invalid: the reward does not fit the placement or the decision.
            Conflict: its id was used for another reward.
        """
        outcome: list[Outcome] = []
        decided: list[Decided] = []

        def proposal(lookups: Lookups) -> Sequence[Rewarded]:
            found = self._find(lookups, posted.decision, scope)
            decided[:] = [found.decided]
            rule = self._placement(found.decided).reward
            value = join.value_of(posted, rule)
            slot = join.slot_of(posted, found.decided.slots)
            reward_id = join.reward_id_of(posted, slot)
            if first := lookups.rewarded(posted.decision, reward_id):
                join.check_same(first, slot=slot, name=posted.event or "", value=value, reward_id=reward_id)
                newest = found.slots.get(slot)
                newest = newest if isinstance(newest, Rewarded) else first
                outcome[:] = [Outcome("duplicate", rule.clipped(newest.total), first.learned)]
                return []
            event = join.reward(
                found.decided,
                found.slots.get(slot),
                rule,
                slot=slot,
                value=value,
                name=posted.event or "",
                reward_id=reward_id,
                at=at,
                slots=found.slots,
            )
            outcome[:] = [
                Outcome("late" if event.late else "accepted", rule.clipped(event.total), event.learned)
            ]
            return [event]

        await self._live.append(proposal)
        # The reward is in the state by now, and so is every change of the policy before it.
        status, reward, in_time = outcome[0]
        return Outcome(status, reward, in_time and self._live.state.learns_from(decided[0]))

    async def activate(self, decision: str, *, scope: Scope, at: float) -> None:
        """Count a deferred decision as shown; doing so again changes nothing.

        Raises:
            NotFound, Conflict: no such decision within `scope`; it was not deferred.
        """

        def proposal(lookups: Lookups) -> Sequence[Activated]:
            found = self._find(lookups, decision, scope)
            if found.activated is not None:
                return []
            wait_s = self._placement(found.decided).reward.wait_s
            return [join.activate(found.decided, slots=found.slots, wait_s=wait_s, at=at)]

        await self._live.append(proposal)

    async def expire(self, *, at: float) -> int:
        """Count decisions whose wait is over; returns how many there were."""

        def proposal(lookups: Lookups) -> Sequence[Expired]:
            due = lookups.due(at, limit=_EXPIRED_AT_ONCE)
            return [self._expired(found, at=at) for found in due]

        expired = 0
        while closed := len(await self._live.append(proposal)):
            expired += closed
            if closed < _EXPIRED_AT_ONCE:
                break
        return expired

    def _expired(self, found: Found, *, at: float) -> Expired:
        expired = join.expire(found.decided, slots=found.slots, at=at)
        if self._live.state.has_forgotten(found.decided):
            return replace(expired, contributions=[], cascade=())
        return expired

    def _find(self, lookups: Lookups, decision: str, scope: Scope) -> Found:
        """A decision that the key may touch; others, and those of forgotten users, do not exist for it."""
        found = lookups.find(decision)
        if (
            found is None
            or (scope and found.decided.placement not in scope)
            or self._live.state.has_forgotten(found.decided)
        ):
            raise decision_not_found(decision)
        return found

    def _placement(self, decided: Decided) -> Placement:
        # Called in the writer's thread: reading one key of a dict of immutable values is safe there.
        placement = self._live.state.catalogue.get(decided.placement)
        if placement is None:
            raise placement_not_found(decided.placement)
        return placement


def decision_not_found(decision: str) -> NotFound:
    """The error for a decision that does not exist, or that the key may not see."""
    return NotFound(
        f"decision_id: got {shorten(decision)}; there is no such decision",
        code="decision_not_found",
        field="decision_id",
    )

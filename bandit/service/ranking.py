# SPDX-License-Identifier: Apache-2.0
"""Ranks: requests that arrive while a group is being committed are decided together, as the next group.

So each decision is made from a state that holds every reward accepted before it, numpy works on whole batches
under load, and a request alone waits for nothing but its own commit.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import structlog

from bandit.core.catalogue import Arm
from bandit.core.decide import Ask, Chooser, decide
from bandit.core.events import Decided
from bandit.errors import Conflict, SlotwiseError, Unavailable
from bandit.log.base import Lookups, Proposal, Record
from bandit.service.live import Live
from bandit.service.stages import Stages

# So many are decided in a few milliseconds; more would keep all else waiting.
_LARGEST_BATCH = 256

# Turns of the event loop between answering a batch and deciding the next: time to write the answers and to
# read what comes back on them. It doubles batches under load; a request alone never waits for it.
_TURNS = 2

logger = structlog.get_logger(__name__)


class Ranked(NamedTuple):
    """A decision that may be answered; `logged` is False when it could not be kept for anyone to learn."""

    decided: Decided
    logged: bool


class _Waiting(NamedTuple):
    placement: str
    ask: Ask
    arms: Mapping[str, Arm] | None
    own_id: bool
    answer: asyncio.Future[Ranked]


class Ranker:
    """Gathers requests, decides them in batches, and answers when they are durable."""

    def __init__(self, live: Live, stages: Stages, *, most_waiting: int) -> None:
        self._live = live
        self._stages = stages
        self._most_waiting = most_waiting
        self._waiting: list[_Waiting] = []
        self._scheduled = False
        self._committing = 0
        live.when_settled(self._schedule)

    async def rank(
        self, placement: str, ask: Ask, *, arms: Mapping[str, Arm] | None = None, own_id: bool = False
    ) -> Ranked:
        """Decide `ask` with the next batch.

        Args:
            arms: arms that came with the request and take the place of the catalogue's.
            own_id: the caller chose the decision's id; if it exists already, that decision is the answer.

        Raises:
            Unavailable: too many requests wait already.
            NotFound: there is no such placement any more.
            Conflict: the id belongs to a decision of another placement.
        """
        if len(self._waiting) >= self._most_waiting:
            raise Unavailable(
                f"rank: got more than {self._most_waiting} requests at once; try again", code="overloaded"
            )
        answer: asyncio.Future[Ranked] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(placement, ask, arms, own_id, answer))
        self._schedule()
        return await answer

    def _schedule(self) -> None:
        # Not while a change of the catalogue is under way: a decision logged after a pause must know of it.
        if self._waiting and not self._scheduled and not self._committing and self._live.settled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._decide_waiting)

    def _decide_waiting(self) -> None:
        self._scheduled = False
        if not self._live.settled:
            return
        batch, self._waiting = self._separate()
        groups: dict[tuple[str, int], list[_Waiting]] = defaultdict(list)
        for each in batch:
            groups[each.placement, id(each.arms)].append(each)
        for group in groups.values():
            try:
                decided = self._decide(group)
            except SlotwiseError as error:
                _refuse(group, error)
                continue
            except Exception:
                # A bug, or a request that nothing foresaw: nobody may be left waiting for an answer.
                logger.exception("rank_failed", placement=group[0].placement)
                _refuse(group, Unavailable("rank: got a failure; try again", code="rank_failed"))
                continue
            self._append(group, decided)
        self._schedule()

    def _separate(self) -> tuple[list[_Waiting], list[_Waiting]]:
        """Split the next batch from what must see it first: a user's next look at a capped placement."""
        now, later = [], self._waiting[_LARGEST_BATCH:]
        seen: set[tuple[str, str]] = set()
        for each in self._waiting[:_LARGEST_BATCH]:
            if each.ask.user and self._live.state.caps.any(each.placement):
                if (key := (each.placement, each.ask.user)) in seen:
                    later.append(each)
                    continue
                seen.add(key)
            now.append(each)
        return now, later

    def _decide(self, group: list[_Waiting]) -> list[Decided]:
        state = self._live.state
        stage = self._stages.get(group[0].placement)
        if (arms := group[0].arms) is not None:
            stage = self._stages.with_arms(stage, arms)
        learner = state.learners[stage.name]
        examination = learner.examination(stage.placement)
        chooser = Chooser(learner.policy, learner.epoch, state.position, examination=examination)
        asks = [each.ask for each in group]
        try:
            return decide(stage, chooser, asks, state.caps)
        except Exception:
            # Whatever is wrong with a policy, the visitor gets an answer: the arms in the marketer's order.
            logger.exception("policy_failed", placement=stage.name, policy=learner.policy.kind)
            return decide(stage, chooser.replaced(dimension=stage.encoder.dimension), asks, state.caps)

    def _append(self, group: list[_Waiting], decided: list[Decided]) -> None:
        """Append the batch as one proposal, but ids chosen by callers one by one: each may exist already."""
        fresh = [(each, event) for each, event in zip(group, decided, strict=True) if not each.own_id]
        if fresh:
            events = [event for _, event in fresh]
            self._propose(lambda _: events, [each for each, _ in fresh], events)
        for each, event in zip(group, decided, strict=True):
            if each.own_id:
                self._propose_own(each, event)

    def _propose_own(self, each: _Waiting, event: Decided) -> None:
        known: list[Decided] = []

        def proposal(lookups: Lookups) -> list[Decided]:
            found = lookups.find(event.decision)
            if found is None:
                return [event]
            if found.decided.placement != event.placement:
                raise Conflict(
                    f"decision_id: got '{event.decision}'; it is a decision of another placement",
                    field="decision_id",
                )
            known[:] = [found.decided]
            return []

        self._propose(proposal, [each], [event], known=known)

    def _propose(
        self,
        proposal: Proposal,
        group: list[_Waiting],
        events: list[Decided],
        known: list[Decided] | None = None,
    ) -> None:
        self._committing += 1

        def done(future: asyncio.Future[Sequence[Record]]) -> None:
            self._answer(group, known or events, future.exception())
            self._after(_TURNS, self._committed)

        self._live.append(proposal).add_done_callback(done)

    def _after(self, turns: int, call: Callable[[], None]) -> None:
        """Call `call` after so many turns of the event loop."""
        loop = asyncio.get_running_loop()
        if turns > 1:
            loop.call_soon(self._after, turns - 1, call)
        else:
            loop.call_soon(call)

    def _committed(self) -> None:
        self._committing -= 1
        self._schedule()

    def _answer(self, group: list[_Waiting], events: list[Decided], error: BaseException | None) -> None:
        if isinstance(error, Unavailable):
            logger.warning("decisions_not_logged", count=len(events), reason=str(error))
        elif error is not None:
            _refuse(group, error)
            return
        for each, event in zip(group, events, strict=True):
            if not each.answer.done():
                each.answer.set_result(Ranked(event, logged=error is None))


def _refuse(group: list[_Waiting], error: BaseException) -> None:
    for each in group:
        if not each.answer.done():
            each.answer.set_exception(error)

# SPDX-License-Identifier: Apache-2.0
"""Ranks: requests that arrive while a group is being committed are decided together, as the next group.

So each decision is made from a state that holds every reward accepted before it, numpy works on whole batches
under load, and a request alone waits for nothing but its own commit. What is known about the requests of a
batch is looked up when it is decided, too: the same code for one after the other stays in the cache.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import structlog

from bandit.core.catalogue import Arm
from bandit.core.decide import Ask, Chooser, Stage, decide
from bandit.core.eligibility import EXCLUDED
from bandit.core.events import Decided
from bandit.errors import Conflict, SlotwiseError, Unavailable
from bandit.log.base import Lookups, Proposal, Record
from bandit.service.live import Live
from bandit.service.sampling import Sampled
from bandit.service.stages import Stages

# So many are decided in a few milliseconds; more would keep all else waiting.
_LARGEST_BATCH = 256

# Turns of the event loop between answering a batch and deciding the next: time to write the answers and to
# read what comes back on them. It doubles batches under load; a request alone never waits for it.
_TURNS = 2

logger = structlog.get_logger(__name__)


class Ranked(NamedTuple):
    """A decision that may be answered.

    Args:
        logged: False when it could not be kept for anyone to learn.
        arms: of the catalogue, or of the request, that it was made from.
        left_out: slots, by number, of a repeated decision whose arms may not be shown any more, and why.
    """

    decided: Decided
    logged: bool
    arms: Mapping[str, Arm]
    left_out: Mapping[int, str] = {}


class _Arrived(NamedTuple):
    placement: str
    ask: Callable[[], Ask]
    arms: Mapping[str, Arm] | None
    own_id: bool
    answer: asyncio.Future[Ranked]


class _Waiting(NamedTuple):
    request: _Arrived
    ask: Ask


class Ranker:
    """Gathers requests, decides them in batches, and answers when they are durable."""

    def __init__(self, live: Live, stages: Stages, *, most_waiting: int, lines: Sampled) -> None:
        self._live = live
        self._lines = lines
        self._stages = stages
        self._most_waiting = most_waiting
        self._arrived: list[_Arrived] = []
        # A user's next looks at a capped placement, each of which must see the one before.
        self._held: list[_Waiting] = []
        self._scheduled = False
        self._committing = 0
        live.when_settled(self._schedule)

    async def rank(
        self,
        placement: str,
        ask: Callable[[], Ask],
        *,
        arms: Mapping[str, Arm] | None = None,
        own_id: bool = False,
    ) -> Ranked:
        """Decide with the next batch.

        Args:
            ask: makes the request when its batch is decided.
            arms: arms that came with the request and take the place of the catalogue's.
            own_id: the caller chose the decision's id; if it exists already, that decision is the answer,
                without the arms that may not be shown any more.

        Raises:
            Unavailable: too many requests wait already.
            NotFound: there is no such placement any more.
            Conflict: the id belongs to a decision of another placement.
            SlotwiseError: whatever `ask` raises.
        """
        if len(self._arrived) + len(self._held) >= self._most_waiting:
            raise Unavailable(
                f"rank: got more than {self._most_waiting} requests at once; try again", code="overloaded"
            )
        answer: asyncio.Future[Ranked] = asyncio.get_running_loop().create_future()
        self._arrived.append(_Arrived(placement, ask, arms, own_id, answer))
        self._schedule()
        return await answer

    def _schedule(self) -> None:
        # Not while a change of the catalogue is under way: a decision logged after a pause must know of it.
        idle = not self._scheduled and not self._committing and self._live.settled
        if idle and (self._arrived or self._held):
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._decide_waiting)

    def _decide_waiting(self) -> None:
        self._scheduled = False
        if not self._live.settled:
            return
        groups: dict[tuple[str, int], list[_Waiting]] = defaultdict(list)
        for each in self._next_batch():
            groups[each.request.placement, id(each.request.arms)].append(each)
        for group in groups.values():
            try:
                stage = self._stage(group[0].request)
                decided = self._decide(stage, [each.ask for each in group])
            except Exception as error:  # noqa: BLE001 - nobody may be left waiting for an answer
                self._refuse([each.request for each in group], error)
                continue
            self._append(group, stage, decided)
        self._schedule()

    def _next_batch(self) -> list[_Waiting]:
        """What is decided now; a user's next look at a capped placement is held until it can see this one."""
        arrived, self._arrived = self._arrived[:_LARGEST_BATCH], self._arrived[_LARGEST_BATCH:]
        waiting = self._held + [ready for each in arrived if (ready := self._ready(each)) is not None]
        batch, self._held = [], []
        seen: set[tuple[str, str]] = set()
        for each in waiting:
            placement, user = each.request.placement, each.ask.user
            if user and self._live.state.caps.any(placement):
                if (key := (placement, user)) in seen:
                    self._held.append(each)
                    continue
                seen.add(key)
            batch.append(each)
        return batch

    def _stage(self, request: _Arrived) -> Stage:
        stage = self._stages.get(request.placement)
        return stage if request.arms is None else self._stages.with_arms(stage, request.arms)

    def _decide(self, stage: Stage, asks: list[Ask]) -> list[Decided]:
        state = self._live.state
        learner = state.learners[stage.name]
        chooser = learner.chooser(stage.placement, position=state.position)
        try:
            return decide(stage, chooser, asks, state.caps)
        except Exception as error:  # noqa: BLE001 - whatever it was, the visitors get an answer
            kind = learner.policy.kind
            self._lines.say(
                logger,
                "error",
                "policy_failed",
                kind=(stage.name, type(error)),
                placement=stage.name,
                policy=kind,
                exc_info=error,
            )
            return self._decide_apart(stage, chooser, asks)

    def _decide_apart(self, stage: Stage, chooser: Chooser, asks: list[Ask]) -> list[Decided]:
        """Decide requests of which one at least failed the policy: by halves, so that the others do not fall.

        Whatever is wrong with a policy, the visitor gets an answer: the arms in the marketer's order.
        """
        caps = self._live.state.caps
        if len(asks) == 1:
            return decide(stage, chooser.replaced(dimension=stage.encoder.dimension), asks, caps)
        decided: list[Decided] = []
        middle = len(asks) // 2
        for half in (asks[:middle], asks[middle:]):
            try:
                decided += decide(stage, chooser, half, caps)
            except Exception:  # noqa: BLE001 - it was reported once for all of them
                decided += self._decide_apart(stage, chooser, half)
        return decided

    def _append(self, group: list[_Waiting], stage: Stage, decided: list[Decided]) -> None:
        """Append the batch as one proposal, but ids chosen by callers one by one: each may exist already."""
        fresh = [(each, event) for each, event in zip(group, decided, strict=True) if not each.request.own_id]
        if fresh:
            events = [event for _, event in fresh]

            def answers() -> list[Ranked]:
                return [Ranked(event, logged=True, arms=stage.arms) for event in events]

            self._propose(lambda _: events, [each for each, _ in fresh], answers)
        for each, event in zip(group, decided, strict=True):
            if each.request.own_id:
                self._propose_own(each, stage, event)

    def _propose_own(self, each: _Waiting, stage: Stage, event: Decided) -> None:
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

        def answers() -> list[Ranked]:
            arms = stage.arms
            if not known:
                return [Ranked(event, logged=True, arms=arms)]
            left_out = _not_any_more(known[0], stage, each.ask)
            return [Ranked(known[0], logged=True, arms=arms, left_out=left_out)]

        self._propose(proposal, [each], answers)

    def _propose(
        self, proposal: Proposal, group: list[_Waiting], answers: Callable[[], list[Ranked]]
    ) -> None:
        self._committing += 1

        def done(future: asyncio.Future[Sequence[Record]]) -> None:
            self._answer(group, answers, future.exception())
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

    def _answer(
        self, group: list[_Waiting], answers: Callable[[], list[Ranked]], error: BaseException | None
    ) -> None:
        if isinstance(error, Unavailable):
            self._lines.say(logger, "warning", "decisions_not_logged", kind=error.code, reason=str(error))
        elif error is not None:
            self._refuse([each.request for each in group], error)
            return
        for each, ranked in zip(group, answers(), strict=True):
            if not each.request.answer.done():
                each.request.answer.set_result(ranked if error is None else ranked._replace(logged=False))

    def _ready(self, arrived: _Arrived) -> _Waiting | None:
        """The request, made; None when it was refused."""
        try:
            return _Waiting(arrived, arrived.ask())
        except Exception as error:  # noqa: BLE001 - its future raises it
            self._refuse([arrived], error)
            return None

    def _refuse(self, requests: Sequence[_Arrived], error: BaseException) -> None:
        """Fail requests; what is a bug, or was foreseen by nobody, is for our own log."""
        if not isinstance(error, SlotwiseError):
            placement = requests[0].placement
            self._lines.say(
                logger,
                "error",
                "rank_failed",
                kind=(placement, type(error)),
                placement=placement,
                exc_info=error,
            )
            error = Unavailable("rank: got a failure; try again", code="rank_failed")
        for each in requests:
            if not each.answer.done():
                each.answer.set_exception(error)


def _not_any_more(decided: Decided, stage: Stage, ask: Ask) -> dict[int, str]:
    """The slots of a repeated decision whose arms may not be shown any more, each with the reason.

    What was asked about the visitor when it was made, rules and caps, is not asked again: the decision itself
    has counted for the cap since.
    """
    left_out = stage.roster.standing(ask.at).left_out
    reasons: dict[int, str] = {}
    for slot, arm in enumerate(decided.slots):
        if arm not in stage.arms:
            reasons[slot] = "it is no arm of the placement any more"
        elif arm in ask.exclude:
            reasons[slot] = EXCLUDED
        elif arm in left_out:
            reasons[slot] = left_out[arm]
    return reasons

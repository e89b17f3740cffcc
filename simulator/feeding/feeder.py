# SPDX-License-Identifier: Apache-2.0
"""Rejection replay through HTTP (Li, Chu, Langford & Wang 2011, algorithm 2): what matches is rewarded.

Every rank is deferred, so that a page which nobody saw teaches nothing. Where the served arm is the logged
one, the decision is activated and the logged click is posted; the policy learns from exactly these
impressions.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiohttp
import msgspec

from bandit.core.catalogue import Arm, Placement
from bandit.core.schema import FeatureSchema, FieldSpec
from bandit.errors import SlotwiseError
from simulator.feeding.impressions import Impression, RecordedLog

_JSON = {"Content-Type": "application/json"}
LEAST_SHARE = 0.001  # of each arm: with hundreds of arms a larger floor would leave nothing to the policy


def placement_for(log: RecordedLog, *, policy: str) -> Placement:
    """A placement of one slot with the log's arms, and its fields in columns of their own."""
    fields: dict[str, FieldSpec | None] = {
        name: FieldSpec(levels=tuple(levels)) for name, levels in log.levels.items()
    }
    return Placement(
        slots=1,
        policy={"kind": policy},
        context=(),
        features=FeatureSchema(fields=fields),
        floor=LEAST_SHARE,
        holdout=0.0,
        arms={name: Arm(features=dict(features)) for name, features in log.arms.items()},
    )


class _Slot(msgspec.Struct):
    arm: str


class _Page(msgspec.Struct):
    decision_id: str
    slots: list[_Slot]


class _Problem(msgspec.Struct):
    message: str


class _Error(msgspec.Struct):
    error: _Problem


@dataclass(slots=True)
class Fed:
    """What came of feeding a log: counts, and how long it took."""

    impressions: int = 0
    matches: int = 0
    clicks: float = 0.0
    requests: int = 0
    seconds: float = 0.0

    @property
    def click_rate(self) -> float | None:
        """On matches; None when nothing matched."""
        return self.clicks / self.matches if self.matches else None

    @property
    def requests_per_s(self) -> float:
        """Requests answered a second."""
        return self.requests / self.seconds if self.seconds else 0.0


class Feeder:
    """Plays a log to one placement.

    Args:
        session: that carries the key; closed by its owner.
        url: of the server.
        placement: its name.
        connections: how many impressions are under way at once.
        on_progress: told how many impressions are done.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        url: str,
        placement: str,
        connections: int,
        on_progress: Callable[[int], None],
    ) -> None:
        self.fed = Fed()
        self._session = session
        self._url = url.rstrip("/")
        self._placement = placement
        self._connections = connections
        self._on_progress = on_progress

    async def feed(self, impressions: Sequence[Impression]) -> Fed:
        """Play the impressions; those of one user, and those of one connection, in their order.

        Raises:
            SlotwiseError: the server refused a request, or could not be reached.
        """
        lanes: list[list[Impression]] = [[] for _ in range(self._connections)]
        for number, each in enumerate(impressions):
            lane = zlib.crc32(each.user.encode()) if each.user else number
            lanes[lane % self._connections].append(each)
        began = time.perf_counter()
        try:
            async with asyncio.TaskGroup() as tasks:
                for lane_of in lanes:
                    tasks.create_task(self._play(lane_of))
        except ExceptionGroup as group:
            refused = group.subgroup(SlotwiseError)
            if refused is None:
                raise
            raise refused.exceptions[0] from None
        finally:
            self.fed.seconds = time.perf_counter() - began
        return self.fed

    async def _play(self, lane: Sequence[Impression]) -> None:
        for each in lane:
            body = {"placement": self._placement, "context": each.context, "defer": True}
            reply = await self._post("/v1/rank", body | ({"user": each.user} if each.user else {}))
            page = msgspec.json.decode(reply, type=_Page)
            if page.slots and page.slots[0].arm == each.arm:
                await self._match(page.decision_id, each)
            self.fed.impressions += 1
            self._on_progress(self.fed.impressions)

    async def _match(self, decision: str, impression: Impression) -> None:
        await self._post("/v1/activate", {"decision_id": decision})
        await self._post("/v1/reward", {"decision_id": decision, "slot": 0, "reward": impression.click})
        self.fed.matches += 1
        self.fed.clicks += impression.click

    async def _post(self, path: str, body: object) -> bytes:
        content = msgspec.json.encode(body)
        try:
            async with self._session.post(f"{self._url}{path}", data=content, headers=_JSON) as reply:
                answer = await reply.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise SlotwiseError(
                f"url: got {self._url} ({reason}); allowed the address of a running slotwise",
                code="unreachable",
            ) from None
        self.fed.requests += 1
        if reply.ok:
            return answer
        raise SlotwiseError(f"{path}: got status {reply.status}: {_message(answer)}")


def _message(answer: bytes) -> str:
    try:
        return msgspec.json.decode(answer, type=_Error).error.message
    except msgspec.MsgspecError:
        return answer[:200].decode(errors="replace")

# SPDX-License-Identifier: Apache-2.0
"""Simulated visitors as a process of their own: they come through the HTTP API.

    python -m simulator.visitors --url http://127.0.0.1:8080 --per-s 20

They arrive as a Poisson process. Each asks for a page, looks at it, and clicks after a moment or not at
all. What they met so far, and what the best pages would have earned, is written to stdout twice a second,
one JSON object a line.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import math
import os
import signal
import sys
import time
from random import Random

import aiohttp
import msgspec

from simulator.worlds.earnings import Earnings
from simulator.worlds.promo_oracle import Oracle
from simulator.worlds.promo_tastes import Tastes
from simulator.worlds.promos import PLACEMENT, Visitor, Visitors

TELL_EVERY_S = 0.5
LOOK_EVERY_S = 1.0  # at the catalogue, which a marketer may change while visitors come
THINK_S = 1.5  # mean time between a page and a click on it
MOST_AT_ONCE = 256
TIMEOUT_S = 10.0


class Met(msgspec.Struct):
    """What the visitors met so far.

    Args:
        visitors: pages that were shown; clicks: accepted clicks; failed: requests without a good answer.
        problem: what was wrong with the last of those.
        policy, holdout: expected earnings of pages that the policy ranked, and of the uniform holdout's.
    """

    visitors: int = 0
    clicks: int = 0
    failed: int = 0
    problem: str = ""
    policy: Earnings = msgspec.field(default_factory=Earnings)
    holdout: Earnings = msgspec.field(default_factory=Earnings)


class Slot(msgspec.Struct):
    """The part of a slot of a reply that a visitor sees."""

    slot: int
    arm: str


class Page(msgspec.Struct):
    """The part of a reply to a rank that a visitor sees, and whether it was ranked uniformly."""

    decision_id: str
    holdout: bool
    slots: list[Slot]


class Crowd:
    """Visitors of one placement.

    Args:
        session: with the server; closed by its owner.
        per_s: how many come a second, on average.
        seed: of who comes, when, and what they click.
    """

    def __init__(self, session: aiohttp.ClientSession, *, per_s: float, seed: int) -> None:
        self.met = Met()
        self._session = session
        self._per_s = per_s
        self._arrivals = Random(f"arrivals {seed}")
        self._visitors = Visitors(seed=seed)
        self._tastes = Tastes()
        self._oracle = Oracle(self._tastes)
        self._stop = asyncio.Event()
        self._room = asyncio.Semaphore(MOST_AT_ONCE)

    def stop(self) -> None:
        """Let nobody in any more; those who are inside make up their minds at once."""
        self._stop.set()

    async def run(self) -> None:
        """Let visitors come until `stop`, then until the last one has left."""
        await self._look()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_looking())
            due = time.monotonic()
            while not self._stop.is_set():
                due += self._arrivals.expovariate(self._per_s)
                await self._pause(due - time.monotonic())
                await self._room.acquire()
                tasks.create_task(self._visit(self._visitors.next()))
                # A server that cannot keep up gets fewer visitors, not a queue that never ends.
                due = max(due, time.monotonic() - 1.0)

    async def _visit(self, visitor: Visitor) -> None:
        try:
            body = {"placement": PLACEMENT, "user": visitor.user, "context": visitor.context}
            at = time.time()
            if not (reply := await self._ask("POST", "/v1/rank", body)):
                return
            page = msgspec.json.decode(reply, type=Page)
            known = visitor.known(at=at)
            arms = [slot.arm for slot in page.slots]
            best = self._oracle.best(known, user=visitor.user, at=at, slots=len(arms))
            self._oracle.saw(arms, user=visitor.user, at=at)
            self.met.visitors += 1
            earnings = self.met.holdout if page.holdout else self.met.policy
            earnings.add(
                len(arms),
                shown=self._tastes.expected(arms, known),
                best=self._tastes.expected(best, known),
            )
            chance = self._visitors.chance
            liked = [slot for slot in page.slots if chance.random() < self._tastes.rate(slot.arm, known)]
            for slot in liked:
                await self._pause(chance.expovariate(1 / THINK_S))
                click = {"decision_id": page.decision_id, "slot": slot.slot, "event": "click"}
                self.met.clicks += bool(await self._ask("POST", "/v1/reward", click))
        finally:
            self._room.release()

    async def _keep_looking(self) -> None:
        while not self._stop.is_set():
            await self._pause(LOOK_EVERY_S)
            await self._look()

    async def _look(self) -> None:
        if reply := await self._ask("GET", f"/v1/placements/{PLACEMENT}"):
            self._oracle.learn(msgspec.json.decode(reply), at=time.time())

    async def _ask(self, method: str, path: str, body: object = None) -> bytes:
        """The body of a good answer, else nothing, with what was wrong noted."""
        try:
            async with self._session.request(method, path, json=body) as reply:
                content = await reply.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            return self._note(str(error) or type(error).__name__)
        return content if reply.ok else self._note(content.decode(errors="replace"))

    def _note(self, problem: str) -> bytes:
        self.met.failed += 1
        self.met.problem = problem[:200]
        return b""

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond `stop`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._stop.wait()


async def simulate(url: str, *, key: str | None, per_s: float, seed: int, follow_stdin: bool) -> None:
    """Run a crowd until a signal, or until stdin ends."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(url, headers=headers, timeout=timeout) as session:
        crowd = Crowd(session, per_s=per_s, seed=seed)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, crowd.stop)
        if follow_stdin:
            loop.add_reader(sys.stdin.fileno(), _read_to_the_end, crowd)
        telling = asyncio.create_task(_keep_telling(crowd))
        try:
            await crowd.run()
        finally:
            telling.cancel()
            tell(crowd.met)


def _read_to_the_end(crowd: Crowd) -> None:
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        crowd.stop()


async def _keep_telling(crowd: Crowd) -> None:
    while True:
        await asyncio.sleep(TELL_EVERY_S)
        tell(crowd.met)


def tell(met: Met) -> None:
    """Write what was met as one line."""
    sys.stdout.write(msgspec.json.encode(met).decode() + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run the process."""
    parser = argparse.ArgumentParser(prog="python -m simulator.visitors", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--url", required=True, help="the server, started with --open or with SLOTWISE_KEY set"
    )
    parser.add_argument("--per-s", type=float, default=20.0, help="visitors a second, on average")
    parser.add_argument("--seed", type=int, default=1, help="of who comes and what they click")
    parser.add_argument("--follow-stdin", action="store_true", help="stop when stdin ends")
    given = parser.parse_args()
    if not (math.isfinite(given.per_s) and given.per_s > 0):
        parser.error(f"--per-s: got {given.per_s}; allowed a number above 0")
    asyncio.run(
        simulate(
            given.url,
            key=os.environ.get("SLOTWISE_KEY"),
            per_s=given.per_s,
            seed=given.seed,
            follow_stdin=given.follow_stdin,
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

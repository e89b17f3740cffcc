# SPDX-License-Identifier: Apache-2.0
"""Writes the golden log of the present version: python tests/golden/make_golden.py

A golden log is replayed by every later version, which must find the state that is noted beside it. Run this
once for a release, before it is published; never again for a version that is out. The log has every kind of
event, and every kind of policy whose state is a sum.
"""

from __future__ import annotations

import asyncio
import configparser
import hashlib
import json
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from bandit.core.codec import encode
from bandit.core.join import Posted
from bandit.core.snapshot import dump
from bandit.log.memory import MemoryLog
from bandit.service import Service
from bandit.service.identity import Identity
from bandit.settings import Settings
from policies import POLICIES, build

FOLDER = Path(__file__).parent
ALL: frozenset[str] = frozenset()


class CountedIds(Identity):
    """Ids that count, so that every run decides alike."""

    def __init__(self) -> None:
        super().__init__(bytes(32))
        self._numbers = count()

    def decision_id(self, now: float) -> str:
        """The next id."""
        return f"golden-{next(self._numbers):04}"


class Story:
    """What happens in the log."""

    def __init__(self) -> None:
        self.now = 1_780_000_000.0
        self.log: Any = None
        self.service = Service(
            Settings(data_dir=FOLDER), open_store=self._open, names=CountedIds(), clock=lambda: self.now
        )

    def _open(self, committed: Any) -> Any:
        self.log = MemoryLog(committed=committed)
        return self.log

    async def serve(self, name: str, *, visits: int, **request: Any) -> list[str]:
        """Rank for a few visitors, and reward every second one."""
        decisions = []
        for n in range(visits):
            self.now += 7_200.5
            context = {"page": {"section": f"s{n % 3}"}, "price": n / 2, "vip": n % 5 == 0}
            ranked = await self.service.rank(name, context, user=f"user-{n % 4}", **request)
            decisions.append(ranked.decided.decision)
            if n % 2 and ranked.decided.slots:
                await self.reward(decisions[-1], event="click", slot=n % len(ranked.decided.slots))
        return decisions

    async def reward(self, decision: str, **posted: Any) -> None:
        """Post a reward."""
        await self.service.rewarding.reward(Posted(decision, **posted), scope=ALL, at=self.now)

    async def happen(self) -> None:
        """Every kind of event, in several orders."""
        changes = self.service.changes
        await changes.adopt_secret(CountedIds().fingerprint, by="golden")
        for kind in sorted(POLICIES):
            if build({"kind": kind}, dimension=4).additive:
                data: dict[str, Any] = {
                    "slots": 2, "policy": {"kind": kind}, "context": [], "features": {"dimension": 5},
                    "arms": {"b": {"features": {"price": 9}}, "a": {"boost": 2}, "c": {"share": {"max": 0.5}}}
                }  # fmt: skip
                await changes.put_placement(f"kind-{kind.replace('_', '-')}", data, by="golden")
                await self.serve(f"kind-{kind.replace('_', '-')}", visits=6)
        await self._life_of_a_placement()
        await self._pages_as_they_are_read()
        await self._what_is_in_the_air()
        key, _ = await changes.create_key("server", name="shop", placements=["hero"], by="golden")
        await changes.create_key("admin", name="root", by="golden")
        await changes.revoke_key(key.id, by="golden")

    async def _life_of_a_placement(self) -> None:
        changes = self.service.changes
        arms: dict[str, Any] = {
            "z": {"starts_at": "2026-01-01T01:00:00+01:00", "payload": {"title": "é", "n": [1, 2.5, None]}},
            "a": {"cap": {"per_user": 2, "window": "12h"}},
            "m": {"eligible": {"not": {"field": "vip", "op": "==", "value": True}}},
        }
        hero: dict[str, Any] = {
            "slots": 3, "holdout": 0.25, "floor": 0.05, "context": ["device", "daytime"],
            "policy": {"kind": "linucb", "half_life_days": 7},
            "reward": {"events": {"click": 1, "buy": 5}, "default": 0.1, "aggregate": "max", "wait_s": 3600},
            "arms": arms,
        }  # fmt: skip
        await changes.put_placement("hero", hero, by="golden")
        early = await self.serve("hero", visits=12)
        await self.service.rewarding.expire(at=self.now)
        await self.reward(early[0], reward=4.5, arm=self.log.history(early[0])[0].event.slots[0])
        [deferred] = await self.serve("hero", visits=1, deferred=True)
        await self.service.rewarding.activate(deferred, scope=ALL, at=self.now)
        await changes.patch_placement("hero", {"policy": {"alpha": 1.5}}, by="golden")
        await changes.patch_arm("hero", "z", {"paused": True}, by="golden")
        await changes.delete_arm("hero", "m", by="golden")
        await self.serve("hero", visits=4)
        await changes.put_arm("hero", "m", {}, by="golden")
        await changes.put_placement("gone", hero, by="golden")
        [lost] = await self.serve("gone", visits=1)
        await changes.delete_placement("gone", by="golden")
        await changes.patch_placement(
            "hero", {"policy": {"kind": "thompson", "alpha": None}}, by="golden", forget=True
        )
        await self.serve("hero", visits=4)
        await changes.patch_placement("hero", {"reward": {"clip": [0, 20]}}, by="golden", forget=True)
        await self.reward(early[1], event="buy")
        await self.serve("hero", visits=3)
        assert self.log.history(lost)

    async def _what_is_in_the_air(self) -> None:
        """Signals that heat arms, one of which is taken back."""
        signals = self.service.signals
        arms = {"coats": {"features": {"tags": "winter coats"}}, "cream": {"features": {"tags": "sunscreen"}}}
        await self.service.changes.put_placement("air", {"context": ["trends"], "arms": arms}, by="golden")
        await signals.put("storm", {"Winter storm": 0.8}, ttl_s=86_400, by="golden")
        await signals.put("sun", {"sunscreen": 1}, ttl_s=86_400, by="golden")
        await self.serve("air", visits=2)
        await signals.drop("sun", by="golden")
        await self.serve("air", visits=2)

    async def _pages_as_they_are_read(self) -> None:
        """Slots that few look at, slots below the last click, and a user who is forgotten."""
        arms: dict[str, Any] = {"a": {"cap": {"per_user": 9}}, "b": {}, "c": {}, "d": {}}
        for name, examination, wait_s in (("read", [1, 0.7, 0.5], 0), ("found", "estimated", 9_000)):
            data = {
                "slots": 3, "holdout": 0.5, "context": [], "arms": arms, "features": {"dimension": 5},
                "cascade": True, "examination": examination,
                "reward": {"clip": [-1, 1], "wait_s": wait_s},
            }  # fmt: skip
            await self.service.changes.put_placement(name, data, by="golden")
            for decision in await self.serve(name, visits=12):
                await self.reward(decision, reward=-0.5, slot=0)
                await self.reward(decision, reward=0.25, slot=2)
            await self.service.rewarding.expire(at=self.now)
        await self.service.forget("user-3", by="golden")
        await self.serve("read", visits=3)


def version() -> str:
    """The version that setup.cfg names."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(FOLDER.parents[1] / "setup.cfg", "utf-8")
    return parser["metadata"]["version"]


def main() -> None:
    """Write the log, and what it adds up to."""
    story = Story()
    asyncio.run(story.happen())
    records = story.log.read(0, limit=100_000)
    payloads = [encode(record.event) for record in records]
    state = hashlib.sha256(dump(story.service.live.state)).hexdigest()
    (FOLDER / f"{version()}.msgpack").write_bytes(msgspec.msgpack.encode(payloads))
    noted = {"records": len(payloads), "state_sha256": state}
    (FOLDER / f"{version()}.json").write_text(json.dumps(noted, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()

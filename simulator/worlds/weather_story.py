# SPDX-License-Identifier: Apache-2.0
"""The story of the weather, told through HTTP: one world, and placements that know more or less of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any, NamedTuple

import aiohttp

from simulator.intervals.student import quantile
from simulator.worlds.weather import CITIES, Skies, Visit, World, visits

LOOK_EVERY_S = 0.1
PATIENCE_S = 30.0

DEVICE: Mapping[str, object] = {"device.form_factor": None}
VARIANTS: Mapping[str, Mapping[str, object]] = {
    "weather": {**DEVICE, "weather.condition": None, "weather.temp_c": None},
    "city": {**DEVICE, "location.city": {"levels": list(CITIES)}},
    "plain": DEVICE,
}
"""The fields that each variant of the placement knows; a field without a declaration is its adapter's."""

PROBE = "probe"


@dataclass(frozen=True, slots=True)
class Seen:
    """One visit: what was shown, whether it was clicked, and how likely that was beside the best promo."""

    variant: str
    seed: int
    number: int
    arm: str
    fallback: bool
    clicked: bool
    rate: float
    best: float


class Story:
    """The same visitors come to all variants of the placement, once for each seed.

    Args:
        session: with a server that was started with --open; closed by its owner.
        skies: over the cities.
        variants: of `VARIANTS`.
        seeds: of who comes, when, and what luck they have.
    """

    def __init__(
        self, session: aiohttp.ClientSession, skies: Skies, *, variants: Sequence[str], seeds: Sequence[int]
    ) -> None:
        self._session = session
        self._skies = skies
        self._world = World()
        self._seeds = {(variant, seed): visits(seed=seed) for variant in variants for seed in seeds}
        self._numbers = dict.fromkeys(self._seeds, 0)
        self._probes = 0
        self.seen: list[Seen] = []

    async def open(self) -> None:
        """Put the placements, and one that only looks at what is known."""
        for variant, seed in self._seeds:
            await self._put(f"{variant}-{seed}", VARIANTS[variant])
        await self._put(PROBE, {**VARIANTS["weather"], "weather.state": None})

    async def play(self, count: int) -> list[Seen]:
        """Let so many visitors come to each placement, one after the other, to all placements at a time."""
        before = len(self.seen)
        async with asyncio.TaskGroup() as group:
            for variant, seed in self._seeds:
                group.create_task(self._visits(variant, seed, count))
        return self.seen[before:]

    async def until(
        self, good: Callable[[str, Mapping[str, object]], bool], *, patience_s: float = PATIENCE_S
    ) -> None:
        """Look at what is known in every city until it is good everywhere.

        Args: good: judges a city and its context, as the trace of a decision there tells it.

        Raises: TimeoutError when it takes too long.
        """
        deadline = time.monotonic() + patience_s
        for city in CITIES:
            while not good(city, known := await self.known(city)):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"context: got {known} in {city} after {patience_s:g} s")
                await asyncio.sleep(LOOK_EVERY_S)

    async def known(self, city: str) -> dict[str, object]:
        """What stands in the trace of a decision for a visitor from a city."""
        self._probes += 1
        visit = Visit("probe", city, "phone", 1.0)
        page = await self._rank(PROBE, visit, f"{PROBE}-{self._probes}")
        trace = await self._ask("GET", f"/v1/decisions/{page['decision_id']}")
        context: dict[str, object] = trace["context"]
        return context

    async def _visits(self, variant: str, seed: int, count: int) -> None:
        name = f"{variant}-{seed}"
        for _ in range(count):
            visit = next(self._seeds[variant, seed])
            number = self._numbers[variant, seed]
            self._numbers[variant, seed] += 1
            # With an id of its own a decision's draw is the same on every run.
            page = await self._rank(name, visit, f"{name}-{number}")
            arm, sky = page["slots"][0]["arm"], self._skies.over(visit.city)
            rate = self._world.rate(arm, sky)
            if clicked := visit.luck < rate:
                click = {"decision_id": page["decision_id"], "event": "click", "slot": 0}
                await self._ask("POST", "/v1/reward", click)
            self.seen.append(
                Seen(variant, seed, number, arm, page["fallback"], clicked, rate, self._world.best(sky))
            )

    async def _rank(self, placement: str, visit: Visit, decision: str) -> dict[str, Any]:
        body = {
            "placement": placement,
            "user": visit.user,
            "context": visit.context,
            "decision_id": decision,
        }
        return await self._ask("POST", "/v1/rank", body)

    async def _put(self, name: str, fields: Mapping[str, object]) -> None:
        await self._ask("PUT", f"/v1/placements/{name}", self._world.placement(fields))

    async def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        async with self._session.request(method, path, json=body) as reply:
            reply.raise_for_status()
            answer: dict[str, Any] = await reply.json()
            return answer


def clicks(seen: Sequence[Seen], variant: str) -> dict[int, float]:
    """Clicks per visit of a variant, by seed."""
    return _by_seed(seen, variant, lambda each: each.clicked)


def rates(seen: Sequence[Seen], variant: str) -> dict[int, float]:
    """What was shown by a variant is expected to have earned per visit, by seed."""
    return _by_seed(seen, variant, lambda each: each.rate)


def _by_seed(seen: Sequence[Seen], variant: str, worth: Callable[[Seen], float]) -> dict[int, float]:
    found: dict[int, list[float]] = {}
    for each in seen:
        if each.variant == variant:
            found.setdefault(each.seed, []).append(worth(each))
    return {seed: fmean(values) for seed, values in sorted(found.items())}


class Gain(NamedTuple):
    """How much more one variant earns than another: the mean over seeds, and its 95 % interval."""

    mean: float
    low: float
    high: float


def gain(one: Mapping[int, float], other: Mapping[int, float]) -> Gain:
    """The gain between two variants by seed, with Student's interval of the paired differences."""
    differences = [one[seed] - other[seed] for seed in other]
    half = quantile(0.95, effective_rows=len(differences)) * stdev(differences) / len(differences) ** 0.5
    mean = fmean(differences)
    return Gain(mean, mean - half, mean + half)

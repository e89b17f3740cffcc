# SPDX-License-Identifier: Apache-2.0
"""What was earned, kept in a folder, so that nothing is played twice and a benchmark can be interrupted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from policy_bench.contenders import Contender, Settings
from policy_bench.play import play
from policy_bench.worlds import Episode, World

Array = NDArray[np.float64]
EVERY = 20


class Results:
    """Plays, and remembers in `folder` if there is one.

    Args:
        rounds: length of an episode, a multiple of 20.
        plays: times that each seed is played: the same visitors, arms in another order, other chance.
    """

    def __init__(self, folder: Path | None, *, rounds: int, plays: int = 1) -> None:
        if rounds < EVERY or rounds % EVERY:
            raise ValueError(f"rounds: got {rounds}; allowed multiples of {EVERY}")
        self.rounds = rounds
        self.plays = plays
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def earned(self, world: World, contender: Contender, settings: Settings, seeds: Iterable[int]) -> Array:
        """Return what each seed had earned after every 20 rounds, shape (seeds, rounds / 20).

        It is the mean of all plays of the seed.
        """
        path = self._path(world, contender, settings)
        known: dict[str, list[float]] = {}
        if path is not None and path.exists():
            known = json.loads(path.read_text(encoding="utf-8"))
        found = []
        for seed in seeds:
            plays = []
            for number in range(self.plays):
                name = f"{seed}.{number}" if number else str(seed)
                if name not in known:
                    agent = contender.make(settings, world.arms, world.dimension, _chance(seed, number))
                    episode = _reordered(world.episode(seed, self.rounds), seed, number)
                    rewards = play(agent, episode, seed=_chance(seed, number))
                    known[name] = rewards.cumsum()[EVERY - 1 :: EVERY].tolist()
                    if path is not None:
                        path.write_text(json.dumps(known), encoding="utf-8")
                plays.append(known[name])
            found.append(np.mean(plays, axis=0))
        return np.array(found)

    def means(self, world: World, contender: Contender, settings: Settings, seeds: Iterable[int]) -> Array:
        """Return the mean reward of each seed, shape (seeds,)."""
        return self.earned(world, contender, settings, seeds)[:, -1] / self.rounds

    def _path(self, world: World, contender: Contender, settings: Settings) -> Path | None:
        if self._folder is None:
            return None
        what = [world.name, contender.name, settings, contender.source, self.rounds]
        name = sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:24]
        return self._folder / f"{name}.json"


def _chance(seed: int, number: int) -> int:
    return seed + 1_000_000 * number


def _reordered(episode: Episode, seed: int, number: int) -> Episode:
    """The same episode with its arms in another order, the first time in their own."""
    if not number:
        return episode
    order = np.random.default_rng([seed, number]).permutation(episode.earns.shape[1])
    return replace(episode, earns=episode.earns[:, order])

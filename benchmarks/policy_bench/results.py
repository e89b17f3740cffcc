# SPDX-License-Identifier: Apache-2.0
"""What was earned, kept in a folder, so that nothing is played twice and a benchmark can be interrupted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from policy_bench.contenders import Contender, Settings
from policy_bench.play import play
from policy_bench.worlds import World

Array = NDArray[np.float64]
EVERY = 20


class Results:
    """Plays, and remembers in `folder` if there is one.

    Args:
        rounds: length of an episode, a multiple of 20.
    """

    def __init__(self, folder: Path | None, *, rounds: int) -> None:
        if rounds < EVERY or rounds % EVERY:
            raise ValueError(f"rounds: got {rounds}; allowed multiples of {EVERY}")
        self.rounds = rounds
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def earned(self, world: World, contender: Contender, settings: Settings, seeds: Iterable[int]) -> Array:
        """Return what each seed had earned after every 20 rounds, shape (seeds, rounds / 20)."""
        path = self._path(world, contender, settings)
        known: dict[str, list[float]] = {}
        if path is not None and path.exists():
            known = json.loads(path.read_text(encoding="utf-8"))
        found = []
        for seed in seeds:
            if str(seed) not in known:
                agent = contender.make(settings, world.arms, world.dimension, seed)
                rewards = play(agent, world.episode(seed, self.rounds), seed=seed)
                known[str(seed)] = rewards.cumsum()[EVERY - 1 :: EVERY].tolist()
                if path is not None:
                    path.write_text(json.dumps(known), encoding="utf-8")
            found.append(known[str(seed)])
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

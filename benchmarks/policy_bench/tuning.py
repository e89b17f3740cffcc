# SPDX-License-Identifier: Apache-2.0
"""Choosing settings on development seeds, by one rule for our policies and for peers alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from policy_bench.contenders import Contender, Settings
from policy_bench.results import Results
from policy_bench.worlds import World

# Reports use 0, 1, 2, ...: these never.
DEVELOPMENT_SEEDS = range(100, 110)


def choose(contenders: Sequence[Contender], worlds: Sequence[World], results: Results) -> dict[str, Settings]:
    """Try every contender's whole grid; return, by name, the settings that did best over all worlds.

    A world's rewards are put on a scale from what the uniform policy earns (0) to the best of the same
    contender's settings (1), so that no world counts for more because its rewards are larger.
    """
    uniform = next(each for each in contenders if each.name == "uniform")
    chance = np.array([results.means(world, uniform, {}, DEVELOPMENT_SEEDS).mean() for world in worlds])
    chosen: dict[str, Settings] = {}
    for contender in contenders:
        if len(contender.grid) == 1:
            chosen[contender.name] = contender.grid[0]
            continue
        means = np.array(
            [
                [results.means(world, contender, kept, DEVELOPMENT_SEEDS).mean() for world in worlds]
                for kept in contender.grid
            ]
        )
        room = np.maximum(means.max(axis=0) - chance, 1e-9)
        share = ((means - chance) / room).mean(axis=1)
        chosen[contender.name] = contender.grid[int(share.argmax())]
        print(f"{contender.name}: {dict(chosen[contender.name])} of {len(contender.grid)}", flush=True)
    return chosen

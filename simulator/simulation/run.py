# SPDX-License-Identifier: Apache-2.0
"""Many tasks: one after the other, or shared out to a crew. The results are the same to the byte."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.partitioning.crew import ALONE, Crew
from simulator.simulation.play import play
from simulator.simulation.season import Season, Task


def simulate(
    tasks: Sequence[Task], *, crew: Crew = ALONE, watch: Callable[[int], None] | None = None
) -> list[Season]:
    """Play all tasks; results come in the order of the tasks.

    Args:
        tasks: what to play; tasks of one world and seed should be neighbours, as they share its rounds.
        crew: who plays.
        watch: told how many rounds of all are behind.
    """
    seasons: list[Season] = []
    done = 0

    def watched(task: Task) -> Season:
        return play(task, watch=None if watch is None else lambda rounds: watch(done + rounds))

    # another process cannot be watched while it plays, only when it is through
    for task, season in crew.map(watched if crew.executor is None else play, tasks):
        seasons.append(season)
        done += task.rounds
        if watch is not None:
            watch(done)
    return seasons

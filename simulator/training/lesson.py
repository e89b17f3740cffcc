# SPDX-License-Identifier: Apache-2.0
"""Before a log judges policies: its first part searches their settings and teaches those that learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from simulator.evaluation.results import Learning, Model, Options
from simulator.evaluation.specs import build_estimators
from simulator.extras import optional
from simulator.logs.rows import Log
from simulator.partitioning.crew import ALONE, Crew
from simulator.targets import build_target
from simulator.targets.policy import TargetPolicy
from simulator.training.chosen import Chosen
from simulator.training.space import Space
from simulator.training.split import split
from simulator.training.targets import learns
from simulator.training.trained import train


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """How the first part is used.

    Args:
        options: of the evaluation.
        share: of the usable rows that belong to the first part.
        trials: candidates for each open space.
        seed: of the search.
        fit: makes a reward model of rows for others; None where there is to be none.
        crew: who reads the log.
        watch: told after each candidate.
    """

    options: Options
    share: float
    trials: int = 0
    seed: int = 0
    fit: Callable[[Log], Model] | None = None
    crew: Crew = ALONE
    watch: Callable[[int], None] | None = None

    def give(self, spaces: Sequence[Space], log: Log) -> tuple[list[TargetPolicy], Log, Learning]:
        """The policies as they are after the first part, the rest of the log, and what was done.

        Raises:
            Invalid: a part without rows, a policy that the log cannot teach, or a library that is missing.
        """
        first, rest, cut = split(log, share=self.share, crew=self.crew)
        chosen = self._searched([space for space in spaces if space.open], first)
        found = {one.searched: one.spec for one in chosen}
        policies = [self._taught(found.get(space.text, space.text), first) for space in spaces]
        return policies, rest, Learning(cut.by, cut.at, cut.learning, tuple(chosen))

    def _searched(self, several: list[Space], first: Log) -> list[Chosen]:
        if not several:
            return []
        scoring = ["snips"] if self.fit is None else ["dr"]
        makers = build_estimators(scoring, modelled=self.fit is not None)
        found: list[Chosen] = optional("simulator.training.search", what="tune").search(
            several,
            first,
            trials=self.trials,
            options=replace(self.options, estimators=makers),
            fit=self.fit,
            seed=self.seed,
            watch=self.watch,
        )
        return found

    def _taught(self, text: str, first: Log) -> TargetPolicy:
        if not learns(text):
            return build_target(text)
        return train(text, first, reward_range=self.options.reward_range, crew=self.crew)

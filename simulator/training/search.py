# SPDX-License-Identifier: Apache-2.0
"""Searching settings of a policy on one part of a log, for a judgement on the other. Needs Optuna.

The part is cut again by time: every candidate learns from the earlier rows and is scored on the later ones by
the lower end of its interval at a confidence of two thirds, so that none wins by luck of which the log knows
little. Candidates come from the tree-structured Parzen estimator (Bergstra, Bardenet, Bengio & Kegl 2011).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from bandit.errors import Invalid
from simulator.evaluation.results import Model, Options
from simulator.evaluation.run import evaluate
from simulator.logs.rows import Log
from simulator.targets import build_target
from simulator.targets.policy import TargetPolicy
from simulator.training.chosen import Chosen, Tried
from simulator.training.space import Choices, Range, Space, written
from simulator.training.split import in_memory, split
from simulator.training.targets import learns
from simulator.training.trained import train

# rows of each half that candidates are tried on: beyond this a score hardly changes
MOST_ROWS = 100_000
HALF = 0.5
# of the interval whose lower end is the score: about one standard error
LEVEL = 2 / 3


@dataclass
class Trial:
    """Tries specs on the two halves of a log, each spec once.

    Args:
        earlier: what candidates learn from.
        later: what they are scored on.
        options: with the one estimator that scores.
        model: a reward model of the earlier rows, where the estimator or a policy needs one.
    """

    earlier: Log
    later: Log
    options: Options
    model: Model | None
    scores: dict[str, float] = field(default_factory=dict)

    def score(self, text: str) -> float:
        """What the policy of a spec earns for sure enough; minus infinity where there is no estimate."""
        if text not in self.scores:
            policy = prepared(text, self.earlier, options=self.options)
            result = evaluate(self.later, [policy], options=self.options, model=self.model)
            (answer,) = result.policies[0].answers
            self.scores[text] = -math.inf if answer.interval is None else answer.interval.low
        return self.scores[text]


def prepared(text: str, log: Log, *, options: Options) -> TargetPolicy:
    """The policy of a spec, trained on a log if it learns."""
    if not learns(text):
        return build_target(text)
    return train(text, log, reward_range=options.reward_range)


def search(
    several: list[Space],
    log: Log,
    *,
    trials: int,
    options: Options,
    fit: Callable[[Log], Model] | None,
    seed: int,
    watch: Callable[[int], None] | None = None,
) -> list[Chosen]:
    """The best settings for each space that were found on a log.

    Args:
        several: what to search.
        log: the rows; the later half of them scores what the earlier half taught.
        trials: how many candidates a space gets; those that come twice are not tried twice.
        options: with one estimator, which scores.
        fit: makes a reward model of rows, None where none is needed.
        seed: of the search.
        watch: told after each trial how many there were.

    Raises:
        Invalid: no candidate of a space could be scored.
    """
    if len(options.estimators) != 1:
        raise Invalid(f"search: got {len(options.estimators)} estimators; allowed one", field="estimators")
    earlier, later, _ = split(in_memory(log, most=2 * MOST_ROWS), share=HALF)
    scoring = replace(options, level=LEVEL, bootstrap=0, sequence=False)
    trial = Trial(earlier, later, scoring, None if fit is None else fit(earlier))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return [_best(space, trial, trials=trials, seed=seed, watch=watch) for space in several]


def _best(
    space: Space, trial: Trial, *, trials: int, seed: int, watch: Callable[[int], None] | None
) -> Chosen:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    open_settings = {name: _distribution(one) for name, one in space.open.items()}
    tried: dict[str, float] = {}
    for _ in range(trials):
        asked = study.ask(open_settings)
        values = {
            name: str(asked.params[name]) if isinstance(one, Choices) else written(one, asked.params[name])
            for name, one in space.open.items()
        }
        text = space.spec(values)
        tried[text] = trial.score(text)
        # the search counts with numbers: what cannot be scored is worse than all that can
        study.tell(asked, tried[text] if math.isfinite(tried[text]) else -1e300)
        if watch is not None:
            watch(1)
    best = max(tried, key=lambda text: tried[text])
    if not math.isfinite(tried[best]):
        raise Invalid(f"policy {space.text}: no candidate can be scored on this log", field="policy")
    listed = tuple(Tried(text, score) for text, score in sorted(tried.items(), key=lambda one: -one[1]))
    return Chosen(space.text, best, trials, listed)


def _distribution(one: Choices | Range) -> BaseDistribution:
    if isinstance(one, Choices):
        return CategoricalDistribution(one.values)
    if one.whole:
        return IntDistribution(round(one.low), round(one.high), log=one.by_factors)
    return FloatDistribution(one.low, one.high, log=one.by_factors)

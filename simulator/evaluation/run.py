# SPDX-License-Identifier: Apache-2.0
"""Reads a log once and answers for every policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.on_policy import OnPolicy
from simulator.evaluation.answers import UNWEIGHTED, Finish
from simulator.evaluation.results import Evaluation, Model, Options
from simulator.evaluation.tally import Tally, target_of
from simulator.logs.check import LogCheck
from simulator.logs.partition import Target
from simulator.logs.rows import Log
from simulator.targets.policy import Asked, TargetPolicy


def evaluate(
    log: Log,
    policies: Sequence[TargetPolicy],
    *,
    options: Options,
    model: Model | None = None,
    watch: Callable[[int], None] | None = None,
) -> Evaluation:
    """Read the log once and answer for every policy.

    Args:
        log: the rows.
        policies: what to evaluate.
        options: how.
        model: a reward model's values of all arms, cross-fitted.
        watch: told after each batch how many rows were read.

    Raises:
        Invalid: an estimator or a policy needs what the log or the caller does not give.
    """
    check, logger = LogCheck(arms=len(log.arms)), OnPolicy()
    tallies = [Tally.of(policy, options, modelled=model is not None) for policy in policies]
    low, high = np.inf, -np.inf
    propensities = True
    for batch in log.batches():
        rows = check.add(batch)
        if watch is not None:
            watch(len(batch))
        if not len(rows):
            continue
        propensities = rows.propensity is not None
        if not propensities:
            refuse_weights(options.estimators)
        logged = rows.partition()
        low, high = min(low, float(logged.reward.min())), max(high, float(logged.reward.max()))
        logger.add(logged, Target(logged.propensity))
        q = None if model is None else model(rows)
        for tally in tallies:
            answered = tally.policy.answer(Asked(rows, log.arms, q))
            tally.add(logged, target_of(logged, answered, q), weighted=propensities)
    if not check.used:
        raise Invalid(_nothing_left(check), field="log")
    span = options.reward_range or (low, high if high > low else low + 1.0)
    if low < span[0] or high > span[1]:
        raise Invalid(f"reward: got {low:g} to {high:g}; allowed {span[0]:g} to {span[1]:g}", field="reward")
    findings = check.findings()
    dropped = 1 - check.used / check.rows
    finish = Finish(options, span, log.arms, logger, dropped)
    return Evaluation(
        rows=check.rows,
        used=check.used,
        findings=tuple(findings),
        arms=log.arms,
        reward_range=span,
        range_observed=options.reward_range is None,
        logged=finish.logger_answer(),
        policies=tuple(finish.result(tally) for tally in tallies),
    )


def refuse_weights(names: Iterable[str]) -> None:
    """Raise Invalid for an estimator that cannot do without propensities."""
    for name in names:
        if name.split(":")[0] not in UNWEIGHTED:
            text = f"{name}: got a log without propensities; allowed without them: {', '.join(UNWEIGHTED)}"
            raise Invalid(text, field="propensity")


def _nothing_left(check: LogCheck) -> str:
    if not check.rows:
        return "log: got no rows; allowed one row or more"
    found = check.findings()
    why = "; ".join(f"{one.count} with {one.name} ({one.example})" for one in found if one.dropped)
    return f"log: got no row that can be used out of {check.rows}: {why}"

# SPDX-License-Identifier: Apache-2.0
"""Reads a log once and answers for every policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bandit.errors import Invalid
from simulator.estimators import ESTIMATORS
from simulator.estimators.protocol import Estimator
from simulator.evaluation.answers import Finish
from simulator.evaluation.logged import LoggedSums
from simulator.evaluation.results import Comparison, Evaluation, Model, Options
from simulator.evaluation.tally import Tally, target_of
from simulator.logs.check import LogCheck
from simulator.logs.rows import Log, Rows
from simulator.partitioning.crew import ALONE, Crew
from simulator.partitioning.pieces import over_pieces
from simulator.targets.policy import Asked, TargetPolicy

# policies of which all pairs are compared
MOST_PAIRED = 5


def evaluate(
    log: Log,
    policies: Sequence[TargetPolicy],
    *,
    options: Options,
    model: Model | None = None,
    earlier: Model | None = None,
    crew: Crew = ALONE,
    watch: Callable[[int], None] | None = None,
) -> Evaluation:
    """Read the log once, piece by piece, and answer for every policy; the bytes do not depend on the crew.

    Args:
        log: the rows.
        policies: what to evaluate.
        options: how.
        model: a reward model's values of all arms, cross-fitted.
        earlier: those of a model of earlier rows only, for doubly robust confidence sequences.
        crew: who reads the pieces.
        watch: told after each piece how many rows it had.

    Raises:
        Invalid: an estimator or a policy needs what the log or the caller does not give.
    """
    tallying = Tallying(log.arms, tuple(policies), options, model, earlier)
    check, whole = LogCheck(arms=len(log.arms)), tallying.fresh(apart=False)
    for part in over_pieces(log, tallying, check=check, crew=crew, watch=watch):
        whole.merge(part)
    if not check.used:
        raise Invalid(_nothing_left(check), field="log")
    span = whole.logged.reward_range(options.reward_range)
    # a line that cannot be read is as lost as a row that cannot be used
    lost = check.rows - check.used + len(log.broken)
    finish = Finish(options, span, log.arms, whole.logged, lost / (check.used + lost))
    return Evaluation(
        rows=check.rows,
        used=check.used,
        findings=(*log.findings, *check.findings()),
        skipped=log.skipped,
        arms=log.arms,
        reward_range=span,
        range_observed=options.reward_range is None,
        logged=finish.logger_answer(),
        clicks=whole.logged.clicks,
        policies=tuple(finish.result(tally) for tally in whole.tallies),
        differences=differences(finish, whole.tallies),
    )


def differences(finish: Finish, tallies: Sequence[Tally]) -> tuple[Comparison, ...]:
    """Every policy against those before it, or of many only against the first one."""
    pairs = [
        (later, earlier)
        for i, later in enumerate(tallies)
        for earlier in (tallies[:i] if len(tallies) <= MOST_PAIRED else tallies[: min(i, 1)])
    ]
    found = (finish.difference(later, earlier) for later, earlier in pairs)
    return tuple(one for one in found if one is not None)


@dataclass
class Sums:
    """What is added up about a piece of the log or all of it: by policy, and of the logger."""

    tallies: tuple[Tally, ...]
    logged: LoggedSums = field(default_factory=LoggedSums)

    def merge(self, other: Sums) -> None:
        """Add those of the next piece."""
        for mine, its in zip(self.tallies, other.tallies, strict=True):
            mine.merge(its)
        self.logged.merge(other.logged)


@dataclass(frozen=True, slots=True)
class Tallying:
    """The work on one piece, for whoever does it: see `evaluate` for what the fields are."""

    arms: tuple[str, ...]
    policies: tuple[TargetPolicy, ...]
    options: Options
    model: Model | None
    earlier: Model | None

    def fresh(self, *, apart: bool) -> Sums:
        """Nothing yet."""
        modelled, earlier = self.model is not None, self.earlier is not None
        return Sums(
            tuple(
                Tally.of(policy, self.options, modelled=modelled, earlier=earlier, apart=apart)
                for policy in self.policies
            )
        )

    def __call__(self, batches: Iterator[Rows]) -> Sums:
        """Add up batches of usable rows."""
        sums = self.fresh(apart=True)
        for rows in batches:
            if len(rows):
                self._add(rows, sums)
        return sums

    def _add(self, rows: Rows, sums: Sums) -> None:
        weighted = rows.propensity is not None
        if not weighted:
            refuse_weights(self.options.estimators)
        logged = rows.partition()
        q = None if self.model is None else self.model(rows)
        sums.logged.add(logged, q=q)
        past = None if self.earlier is None else self.earlier(rows)
        for tally in sums.tallies:
            answered = tally.policy.answer(Asked(rows, self.arms, q))
            earlier = None if past is None else target_of(logged, answered, past)
            tally.add(logged, target_of(logged, answered, q), weighted=weighted, earlier=earlier)


def refuse_weights(makers: Mapping[str, Callable[[], Estimator]]) -> None:
    """Raise Invalid for an estimator that cannot do without propensities."""
    for name, make in makers.items():
        if make().reading.judged_by != "rows":
            free = [each.name for each in ESTIMATORS.values() if each.reading.judged_by == "rows"]
            text = f"{name}: got a log without propensities; allowed without them: {', '.join(free)}"
            raise Invalid(text, field="propensity")


def _nothing_left(check: LogCheck) -> str:
    if not check.rows:
        return "log: got no rows; allowed one row or more"
    found = check.findings()
    why = "; ".join(f"{one.count} with {one.name} ({one.example})" for one in found if one.dropped)
    return f"log: got no row that can be used out of {check.rows}: {why}"

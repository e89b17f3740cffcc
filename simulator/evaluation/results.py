# SPDX-License-Identifier: Apache-2.0
"""What goes into an evaluation and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulator.diagnostics import Diagnosis
from simulator.estimators.protocol import Estimate, Estimator, Interval
from simulator.intervals.paired import Difference
from simulator.logs.finding import Finding
from simulator.logs.partition import Floats
from simulator.logs.rows import Rows
from simulator.training.chosen import Chosen
from simulator.verdict import Verdict

# a reward model's values of all arms on the rows that are asked for, fitted on others
Model = Callable[[Rows], Floats]


# points of a confidence sequence along the log: (row, low, high)
Trace = tuple[tuple[int, float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to evaluate.

    Args:
        estimators: makes a fresh estimator for each name in the results.
        level: confidence of intervals.
        reward_range: the least and largest reward that can occur; None takes what the log shows.
        weight_max: the largest weight that can occur, None if it is not known.
        bootstrap: number of resamples for bootstrap intervals instead of the usual ones; 0 for none.
        sequence: also follow confidence sequences through the log: IPS, and DR with a model of earlier rows.
        seed: of the bootstrap.
    """

    estimators: dict[str, Callable[[], Estimator]]
    level: float = 0.95
    reward_range: tuple[float, float] | None = None
    weight_max: float | None = None
    bootstrap: int = 0
    sequence: bool = False
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One estimator's answer about one policy.

    Args:
        estimator: its name.
        estimate: None where the log holds nothing for it.
        interval: around the estimate, None with it.
        verdict: what to make of it.
        lift: difference to the logger on the same rows, where the estimator allows pairing.
        interval_of: the estimator whose interval it is, stretched to this estimate where need be.
    """

    estimator: str
    estimate: Estimate | None
    interval: Interval | None
    verdict: Verdict
    lift: Difference | None
    interval_of: str = ""


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """All answers about one policy, the figures behind them, and its confidence sequences if asked for.

    Args:
        label: the policy.
        answers: one for each estimator.
        diagnosis: figures about its weights, None without propensities.
        sequence: the confidence sequence of IPS after the last row.
        trace: that sequence on the way: (row, low, high).
        sequence_dr: the doubly robust one, where there is a reward model of earlier rows.
        trace_dr: that one on the way.
        notes: what else there is to say.
    """

    label: str
    answers: tuple[Answer, ...]
    diagnosis: Diagnosis | None
    sequence: Interval | None
    trace: Trace
    sequence_dr: Interval | None = None
    trace_dr: Trace = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much more the policy `first` is worth than `second`, by one estimator on the same rows.

    The verdict is on the difference alone; those of the two policies stand beside their own answers.
    """

    first: str
    second: str
    estimator: str
    difference: Difference
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Learning:
    """What policies learned from, and what was searched on it, before the rest of the log judged them.

    Args:
        by: "time" or "row".
        at: the first time (seconds since 1970) or row that was not learned from.
        rows: usable rows that were.
        chosen: the outcome of each search.
    """

    by: str
    at: float
    rows: int
    chosen: tuple[Chosen, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The whole result.

    Args:
        rows: how many the log has.
        used: how many could be used.
        findings: what is wrong with the log.
        arms: names of its arms.
        reward_range: the range that intervals assume.
        range_observed: whether that range is only what the log shows.
        logged: what the logger itself earned.
        policies: one result each.
        differences: between policies, of the later ones to the earlier ones.
        learning: what was done with an earlier part of the log, which is not among the rows; None without.
        clicks: whether every reward is 0 or 1, so that values are rates.
        unit: what a row is: a "slot", a "page", or a "decision".
        skipped: what was left out of the log on purpose, with the reason as key.
    """

    rows: int
    used: int
    findings: tuple[Finding, ...]
    arms: tuple[str, ...]
    reward_range: tuple[float, float]
    range_observed: bool
    logged: Answer
    policies: tuple[PolicyResult, ...]
    differences: tuple[Comparison, ...] = ()
    learning: Learning | None = None
    clicks: bool = False
    unit: str = "decision"
    skipped: Mapping[str, int] = field(default_factory=dict)

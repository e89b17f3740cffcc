# SPDX-License-Identifier: Apache-2.0
"""Means, lifts and differences where few rows carry the reward: what intervals hold, what verdicts say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from simulator.estimators.on_policy import OnPolicy
from simulator.estimators.snips import SNIPS
from simulator.evaluation.results import Evaluation, Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.intervals.bootstrap import bootstrap_interval
from simulator.intervals.paired import bootstrap_difference
from simulator.logs.partition import Floats, Target
from simulator.logs.rows import Log, Rows, in_batches
from simulator.targets import build_target

RUNS, SIZES = 300, (1_000, 5_000, 20_000)
# of the bootstrap, on so many of the runs: it is there for its width alone
RESAMPLES, RESAMPLED = 1_000, 8
WHAT = ("mean", "lift", "difference")
Draw = Callable[[np.random.Generator, int], tuple[Floats, float]]


def log_normal(sigma: float, share: float = 1.0) -> Draw:
    """A share of the rows spends, log-normally."""

    def draw(g: np.random.Generator, n: int) -> tuple[Floats, float]:
        spends = np.exp(sigma * g.standard_normal(n)) * (g.random(n) < share)
        return spends, share * math.exp(sigma * sigma / 2)

    return draw


def pareto(alpha: float) -> Draw:
    """Spends above 0 with a tail of `x^-alpha` (Lomax): no variance at 2, and no skewness at 3 or less."""
    return lambda g, n: (g.pareto(alpha, n), 1 / (alpha - 1))


def clicks(rate: float) -> Draw:
    """Clicks."""
    return lambda g, n: ((g.random(n) < rate) * 1.0, rate)


def one_large(usual: float, size: float) -> Draw:
    """A share of the rows spends 10 to 30, and exactly one of the log's rows `size`."""

    def draw(g: np.random.Generator, n: int) -> tuple[Floats, float]:
        spends = g.uniform(10, 30, n) * (g.random(n) < usual)
        spends[g.integers(n)] = size
        return spends, 20 * usual + size / n

    return draw


SPENDS: dict[str, Draw] = {
    "log-normal, sigma 1": log_normal(1.0),
    "log-normal, sigma 1.5": log_normal(1.5),
    "log-normal, sigma 2": log_normal(2.0),
    "log-normal, sigma 3": log_normal(3.0),
    "3 % spend, log-normal, sigma 1": log_normal(1.0, 0.03),
    "Pareto, alpha 2.5": pareto(2.5),
    "Pareto, alpha 2.1": pareto(2.1),
    "Pareto, alpha 1.5": pareto(1.5),
    "2 % click": clicks(0.02),
    "one click in the log": one_large(0.0, 1.0),
    "3 % spend 10 to 30, one order of 50,000": one_large(0.03, 50_000.0),
}
LOGGER, EVEN = np.array([0.1, 0.2, 0.3, 0.4]), np.full(4, 0.25)
# logger, policy, another policy
POLICIES = (
    (EVEN, np.array([0.0, 1.0, 0.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0])),
    (LOGGER, np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.3, 0.1, 0.4, 0.2])),
)
ALIKE, DIFFERENT = np.ones(4), np.array([1.0, 1.3, 0.7, 1.0])


@dataclass
class Tried:
    """What became of the intervals of one kind in one world."""

    held: list[bool] = field(default_factory=list)
    won: list[bool] = field(default_factory=list)
    trusted: list[bool] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    resampled: list[float] = field(default_factory=list)

    @property
    def coverage(self) -> float:
        """Share of runs with the truth inside."""
        return float(np.mean(self.held))

    @property
    def warned(self) -> float:
        """Share of the other runs whose verdict is not "trust"; nan without such runs."""
        missed = ~np.array(self.held)
        return float(1 - np.mean(np.array(self.trusted)[missed])) if missed.any() else math.nan


def world(draw: Draw, n: int, which: int, arms: Floats, *, runs: int, seed: int) -> dict[str, Tried]:
    """Many logs of one world, evaluated as the command does."""
    logger, first, second = POLICIES[which]
    g = np.random.default_rng(seed)
    tried = {what: Tried() for what in WHAT}
    for run in range(runs):
        spends, mean = draw(g, n)
        action = np.searchsorted(logger.cumsum(), g.random(n)).clip(0, 3)
        rows = Rows(
            reward=spends * arms[action],
            action=action,
            propensity=logger[action],
            policies={"first": first[action], "second": second[action]},
        )
        truths = (mean * first @ arms, mean * (first - logger) @ arms, mean * (first - second) @ arms)
        found = read(evaluated(rows, n))
        widths = resampled(rows) if run < RESAMPLED else (math.nan,) * 3
        for what, truth, (low, high, word), width in zip(WHAT, truths, found, widths, strict=True):
            one = tried[what]
            slack = 1e-9 * mean
            one.held.append(low - slack <= truth <= high + slack)
            one.won.append(low > slack or high < -slack)
            one.trusted.append(word == "trust")
            if run < RESAMPLED:
                one.widths.append(high - low)
                one.resampled.append(width)
    return tried


def evaluated(rows: Rows, n: int) -> Evaluation:
    """What `slotwise evaluate` says of the two policies, by SNIPS."""

    def batches() -> Iterator[Rows]:
        return in_batches(rows, size=n)

    options = Options(estimators=build_estimators(("snips",), modelled=False))
    policies = [build_target(f"column:name={name}") for name in ("second", "first")]
    return evaluate(Log(tuple("abcd"), (), batches, count=n), policies, options=options)


def read(result: Evaluation) -> list[tuple[float, float, str]]:
    """Bounds and verdict of the mean, the lift and the difference."""
    (answer,), (one,) = result.policies[1].answers, result.differences
    if answer.interval is None or answer.lift is None:
        raise ValueError(answer.verdict.reasons)
    word = answer.verdict.word
    ends = [(part.low, part.high) for part in (answer.interval, answer.lift, one.difference)]
    return [(*ends[0], word), (*ends[1], word), (*ends[2], one.verdict.word)]


def resampled(rows: Rows) -> tuple[float, float, float]:
    """Widths of the percentile bootstrap of the same three."""
    logged, (first, second, plain) = rows.partition(), (SNIPS(), SNIPS(), OnPolicy())
    for estimator, probability in (
        (first, rows.policies["first"]),
        (second, rows.policies["second"]),
        (plain, logged.propensity),
    ):
        estimator.add(logged, Target(probability))
    found = (
        bootstrap_interval(first.sums, resamples=RESAMPLES),
        bootstrap_difference(first.sums, plain.sums, resamples=RESAMPLES),
        bootstrap_difference(first.sums, second.sums, resamples=RESAMPLES),
    )
    return found[0].high - found[0].low, found[1].high - found[1].low, found[2].high - found[2].low


def spends(*, runs: int = RUNS, sizes: tuple[int, ...] = SIZES) -> list[str]:
    """A table, a row for each kind of spend and size of log."""
    head = "| rewards | rows |" + "".join(f" {what} | misses warned of | width |" for what in WHAT)
    lines = [head + " false wins | warned |", "|---" * (len(WHAT) * 3 + 4) + "|"]
    for number, (name, draw) in enumerate(SPENDS.items()):
        for n in sizes:
            # one large reward is one of the log, not of a distribution: arms do not change what it is
            arms = (ALIKE,) if name.startswith("one click") or "one order" in name else (ALIKE, DIFFERENT)
            several = [
                (
                    world(draw, n, which, effect, runs=runs, seed=10_000 * number + n + 10 * which + i),
                    effect is ALIKE,
                )
                for which in range(len(POLICIES))
                for i, effect in enumerate(arms)
            ]
            lines.append(
                f"| {name} | {n:,} |{''.join(_cells(several, what) for what in WHAT)}{_last(several)}"
            )
            print(lines[-1], flush=True)
    return lines


Several = list[tuple[dict[str, Tried], bool]]


def _cells(several: Several, what: str) -> str:
    worst = min((tried[what] for tried, _ in several), key=lambda one: one.coverage)
    ratio = [np.median(tried[what].widths) / np.median(tried[what].resampled) for tried, _ in several]
    warned = "-" if worst.coverage == 1.0 else f"{worst.warned:.2f}"
    return f" {worst.coverage:.3f} | {warned} | {np.median([one for one in ratio if np.isfinite(one)]):.2f} |"


def _last(several: Several) -> str:
    wins = max(
        float(np.mean(tried[what].won))
        for tried, alike in several
        if alike
        for what in ("lift", "difference")
    )
    doubted = 1 - np.mean([tried["mean"].trusted for tried, _ in several])
    return f" {wins:.3f} | {doubted:.2f} |"

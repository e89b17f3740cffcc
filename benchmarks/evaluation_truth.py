# SPDX-License-Identifier: Apache-2.0
"""Coverage of intervals and error of estimates where the truth is known.

Writes benchmarks/evaluation_truth.md. The same seeded logs go to slotwise, obp 0.5.7 and vw-estimators 0.2.2;
see benchmarks/evaluation.py for how the peers are installed. Peers that are not installed are left out.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from evaluation import peer
from scipy.optimize import brentq
from sklearn.datasets import load_digits
from truth_bench import errors, sequences, spends
from truth_bench.page import rewrite
from truth_bench.peers import obp_dr

from simulator.estimators.dr import DR
from simulator.estimators.ips import IPS
from simulator.estimators.sndr import SNDR
from simulator.estimators.snips import SNIPS
from simulator.evaluation.fitting import fit_on
from simulator.intervals.bootstrap import bootstrap_interval
from simulator.intervals.resampled import resampled_interval
from simulator.intervals.score import score_interval
from simulator.intervals.student import normal_interval
from simulator.logs.partition import Floats, Partition, Target
from simulator.worlds.supervised import SupervisedWorld, softened

RUNS, SEEDS = 300, 30
# of the bootstraps; with a thousand or fewer the percentiles come out too short
RESAMPLES = 10_000
HERE = Path(__file__).parent
REWARDS = (0.0, 1.0)
# name: rows, arms, largest weight, base of the click rate
REGIMES = {
    "mild weights": (1000, 5, 2.46, -1.27),
    "rare rewards": (2000, 20, 5.62, -4.3),
    "skewed weights": (1000, 10, 72.0, 0.1),
}


@dataclass
class Score:
    """How an interval did."""

    hits: int = 0
    widths: list[float] = field(default_factory=list)


def softmax(scores: Floats) -> Floats:
    """Rows that sum to 1."""
    e: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def regime(seed: int, arms: int, weight_max: float, base: float) -> tuple[Floats, Floats, Floats]:
    """Logger, policy and click rates over 12 contexts, pulled apart until the largest weight is as asked."""
    g = np.random.default_rng(seed)
    levels = np.array([[a, b] for a in (-1.0, -0.33, 0.33, 1.0) for b in (-1.0, 0.0, 1.0)])
    left, right = g.normal(size=(2, arms)), g.normal(size=(2, arms))
    rates = 1 / (1 + np.exp(-(base + levels @ (g.normal(size=(2, arms)) * 0.5))))
    tilt = g.normal(size=arms)

    def both(pull: float) -> tuple[Floats, Floats]:
        return softmax(pull * (levels @ left + tilt) * 0.7), softmax(pull * (levels @ right) * 0.9)

    pull = float(brentq(lambda s: float((both(s)[1] / both(s)[0]).max()) - weight_max, 1e-3, 6.0))
    return *both(pull), rates


def intervals_of(reward: Floats, w: Floats, model: Floats, expected: Floats, most: float) -> dict[str, Any]:
    """Every interval on the same rows."""
    n = w.shape[0]
    logged = Partition(reward, np.minimum(1.0, 1.0 / np.maximum(w, 1.0)), np.zeros(n, dtype=np.int64))
    target = Target(w * logged.propensity, predicted=model, expected=expected)
    seen: dict[str, Any] = {}
    for kind in (IPS, SNIPS, SNDR):
        estimator = seen[kind.name] = kind()
        estimator.add(logged, target)

    def default(name: str) -> tuple[float, float]:
        found = resampled_interval(seen[name].sums, reward_range=REWARDS)
        return found.low, found.high

    def bootstrap(name: str) -> tuple[float, float]:
        found = bootstrap_interval(seen[name].sums, resamples=RESAMPLES, seed=1)
        return found.low, found.high

    normal = normal_interval(seen["ips"].estimate())
    score = score_interval(seen["snips"].sums, reward_range=REWARDS, weight_max=most)
    found = {
        "slotwise default of IPS, SNIPS": default("snips"),
        "slotwise default of DR": default("sndr"),
        "slotwise score, known largest weight": (score.low, score.high),
        "slotwise normal, IPS": (normal.low, normal.high),
        "slotwise bootstrap, IPS": bootstrap("ips"),
        "slotwise bootstrap, SNIPS": bootstrap("snips"),
    }
    return found | vw_intervals(reward, w, most) | obp_intervals(reward, w)


def vw_intervals(reward: Floats, w: Floats, most: float) -> dict[str, Any]:
    """Those of vw-estimators."""
    found: dict[str, Any] = {}
    for label, name, settings in (
        ("vw Cressie-Read", "cressieread", {}),
        ("vw Cressie-Read, known largest weight", "cressieread", {"wmax": most}),
        ("vw Clopper-Pearson", "clopper_pearson", {}),
        ("vw confidence sequence", "cs", {}),
    ):
        module = peer(f"estimators.bandits.{name}")
        if module is not None:
            interval = module.Interval(**settings)
            for weight, r in zip(w.tolist(), reward.tolist(), strict=True):
                interval.add_example(1.0, r, weight)
            found[label] = tuple(interval.get(0.05))
    return found


def obp_intervals(reward: Floats, w: Floats) -> dict[str, Any]:
    """Those of obp: its bootstrap of the terms of IPS, and of SNIPS with the normaliser fixed."""
    module = peer("obp.ope")
    if module is None:
        return {}
    helper = peer("obp.utils")
    found = {}
    for label, terms in (("obp bootstrap, IPS", w * reward), ("obp bootstrap, SNIPS", w * reward / w.mean())):
        made = helper.estimate_confidence_interval_by_bootstrap(
            terms, n_bootstrap_samples=RESAMPLES, random_state=1
        )
        found[label] = (made["95.0% CI (lower)"], made["95.0% CI (upper)"])
    return found


def coverage() -> list[str]:
    """Share of runs in which the truth lies within, and mean width over truth."""
    scores: dict[str, dict[str, Score]] = {}
    for number, (name, (n, arms, most, base)) in enumerate(REGIMES.items(), start=1):
        logger, policy, rates = regime(number, arms, most, base)
        truth = float((policy * rates).sum(axis=1).mean())
        half = 0.5 * rates + 0.5 * rates.mean()
        g = np.random.default_rng(1000 + number)
        for _ in range(RUNS):
            x = g.integers(0, 12, n)
            a = (g.random(n)[:, None] > logger[x].cumsum(axis=1)).sum(axis=1).clip(0, arms - 1)
            reward = (g.random(n) < rates[x, a]).astype(float)
            w = policy[x, a] / logger[x, a]
            expected = (policy * half).sum(axis=1)[x]
            for label, (low, high) in intervals_of(reward, w, half[x, a], expected, most).items():
                one = scores.setdefault(label, {}).setdefault(name, Score())
                one.hits += low <= truth <= high
                one.widths.append((min(1.0, high) - max(0.0, low)) / truth)
    head = "| interval | " + " | ".join(REGIMES) + " |"
    lines = [head, "|---" * (len(REGIMES) + 1) + "|"]
    for label, by in scores.items():
        cells = [f"{by[name].hits / RUNS:.3f} / {np.mean(by[name].widths):.4f}" for name in REGIMES]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return lines


def error() -> list[str]:
    """Mean error of DR with each library's own cross-fitted reward model, on digits."""
    x, y = load_digits(return_X_y=True)
    world = SupervisedWorld(x / 16.0, y.astype(np.int64), tuple("0123456789"), noise=0.05)
    g = np.random.default_rng(5)
    scores = world.rates() + g.normal(scale=0.5, size=(y.shape[0], 10))
    logger = softened(scores, sharpness=1.0, floor=0.2)
    better = softened(world.rates() + g.normal(scale=0.3, size=scores.shape), sharpness=3.0, floor=0.1)
    truth = world.value(better)
    errors: dict[str, list[float]] = {}
    for seed in range(SEEDS):
        log = world.logged(logger, seed=seed)
        (rows,) = log.batches()
        logged = rows.partition()
        target = Target.of(logged, better, q=fit_on(log, seed=seed)(rows))
        for kind in (IPS, SNIPS, DR):
            estimator = kind()
            estimator.add(logged, target)
            value = estimator.sums.value() or 0.0
            errors.setdefault(f"slotwise {kind.name}", []).append(abs(value - truth))
        for label, value in obp_dr(peer("obp.ope"), rows, better, seed).items():
            errors.setdefault(label, []).append(abs(value - truth))
    lines = ["| estimator | mean absolute error | standard error |", "|---|---|---|"]
    for label, several in errors.items():
        spread = np.std(several, ddof=1) / len(several) ** 0.5
        lines.append(f"| {label} | {np.mean(several):.4f} | {spread:.4f} |")
    return lines


# by the name on the command line: title, what measures it, what to say about it
PARTS: dict[str, tuple[str, Callable[[], list[str]], str]] = {
    "coverage": (
        "Coverage",
        coverage,
        f"{RUNS} runs a regime at 95 %: share of runs that contain the truth / mean width over truth. "
        f"One standard error of a share near 0.95 is 0.013. Bootstraps resample {RESAMPLES:,} times.",
    ),
    "spends": (
        "Few rows that carry the reward",
        spends.spends,
        f"{spends.RUNS} logs a world at 95 %, read by `slotwise evaluate` without `--reward-range`: SNIPS. "
        "Four worlds a line: a policy that always shows one of four arms under a uniform logger, and one of "
        "mild weights under an uneven logger; four arms that are alike, and arms that differ by 30 %. Each "
        "share is that of the worst of the four: runs that contain the truth, and of those that miss it the "
        'ones whose verdict is not "trust". Widths are medians over those of the percentile bootstrap '
        f"({spends.RESAMPLES:,} resamples, {spends.RESAMPLED} logs). False wins: intervals of lifts and "
        'differences without 0 where arms are alike. Warned: share of all runs whose verdict is not "trust".',
    ),
    "error": (
        "Error",
        error,
        f"Digits as a bandit with ten arms, 1,797 rows, {SEEDS} logs, a policy better than the logger.",
    ),
    "worlds": (
        "Error on logs of learning policies",
        lambda: errors.errors(peer("obp.ope")),
        f"{errors.SEEDS} logs of {errors.ROUNDS:,} rounds in each world of `slotwise simulate`, written by "
        f"policies that learned as they went (floor {errors.FLOOR}), about a policy that is better: mean "
        "absolute error with its standard error. DR of both libraries on the same logs, each with its own "
        "cross-fitted logistic regression.",
    ),
    "sequences": (
        "Bounds that hold at all times",
        sequences.sequences,
        f"{sequences.RUNS} runs of {sequences.ROUNDS:,} rounds at {sequences.LEVEL:.0%} (floor "
        f"{sequences.FLOOR}): in how many of them the bounds excluded the truth at some round, and in "
        "brackets the mean width after the last one. "
        f"{round(sequences.RUNS * (1 - sequences.LEVEL))} are allowed. DR uses each arm's mean so far. The "
        "last world moves, and its truth with it (the mean so far): of that the theorem does not speak.",
    ),
}


def main() -> None:
    """Measure the parts that are named, or all of them, and write the page."""
    wanted = sys.argv[1:] or list(PARTS)
    odd = [name for name in wanted if name not in PARTS]
    if odd:
        sys.exit(f"part: got {odd[0]!r}; allowed {', '.join(PARTS)}")
    head = (
        "# Estimates where the truth is known\n\n"
        "`python benchmarks/evaluation_truth.py` writes this page; with names of parts "
        f"({', '.join(PARTS)}) it writes these anew."
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {}
        for name in wanted:
            title, run, about = PARTS[name]
            found[title] = "\n".join([about, "", *run()])
    print(rewrite(HERE / "evaluation_truth.md", head, found, order=[each[0] for each in PARTS.values()]))


if __name__ == "__main__":
    main()

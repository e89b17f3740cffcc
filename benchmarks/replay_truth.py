# SPDX-License-Identifier: Apache-2.0
"""Replays of learning policies beside real runs of them, in a world that is known; writes replay_truth.md.

For each of many logs a policy is replayed, and another copy of it is really asked for as many decisions as
it had matches. `naive` is as many matches without propensities. Coverage is the share of 95 % intervals that
hold what the choices of that walk are worth by the world's own rates.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import vl_convert

from policies import Contributions, build
from simulator.evaluation.results import Options
from simulator.evaluation.specs import build_estimators
from simulator.logs.partition import Floats, Ints
from simulator.logs.rows import Log, Rows
from simulator.replaying.batch import Batch
from simulator.replaying.curves import curves
from simulator.replaying.logged import LoggedSource
from simulator.replaying.players import walkers
from simulator.replaying.results import Replayed
from simulator.replaying.run import replay
from simulator.replaying.spread import spread, vectors_for
from simulator.replaying.walker import Played, Walker

HERE = Path(__file__).parent
RUNS, ROWS, ARMS, FEATURES = 120, 2000, 6, 4
POLICIES = {"linucb": {"kind": "linucb"}, "softmax": {"kind": "softmax"}, "ucb1": {"kind": "ucb1"}}
LOGGERS = {"uniform": np.full(ARMS, 1 / ARMS), "skewed": np.array([0.05, 0.4, 0.2, 0.15, 0.1, 0.1])}
OPTIONS = Options(estimators=build_estimators(["snips"], modelled=False), reward_range=(0.0, 1.0))


def rates(x: Floats) -> Floats:
    """Click rates of all arms, shape (n, K); arm 0, which the skewed logger avoids, is good for many."""
    theta = np.random.default_rng(0).normal(size=(FEATURES, ARMS)) * 0.15
    level = np.array([0.35, 0.3, 0.25, 0.2, 0.15, 0.1])
    clicks: Floats = np.clip(level + x @ theta, 0.01, 0.95)
    return clicks


def visitors(g: np.random.Generator, count: int) -> Floats:
    """Features of visitors in quarters, so that vectors hold them exactly."""
    x: Floats = g.integers(-4, 5, size=(count, FEATURES)) / 4
    return x


def log_of(vector: Floats, *, seed: int, count: int = ROWS) -> tuple[Log, Floats]:
    """A log of a logger that looks at nothing, and the rates behind it."""
    g = np.random.default_rng(seed)
    x = visitors(g, count)
    truth = rates(x)
    action: Ints = g.choice(ARMS, size=count, p=vector)
    reward = (g.random(count) < truth[np.arange(count), action]).astype(np.float64)
    rows = Rows(reward, action, vector[action], np.tile(vector, (count, 1)), context=x)

    def batches() -> Iterator[Rows]:
        yield rows

    return Log(tuple("abcdef"), (), batches, count=count), truth


@dataclass
class Watched(Walker):
    """A walker that remembers what it did."""

    played: list[Played] = field(default_factory=list)

    def play(self, batch: Batch) -> Played:
        """Go through the rows, and keep what came of it."""
        self.played.append(super().play(batch))
        return self.played[-1]


def really(source: LoggedSource, spec: dict[str, str], *, decisions: int, seed: int) -> float:
    """What a new policy earns when visitors come and it is asked."""
    g = np.random.default_rng(seed)
    policy = build(spec, dimension=source.stage.encoder.dimension)
    names, all_arms = source.stage.roster.names, np.ones((1, ARMS), dtype=bool)
    x = visitors(g, decisions)
    truth, vectors = rates(x), source.survey.vectors(x, decisions)
    worth, one, day = 0.0, np.ones(1), np.ones(1, dtype=np.int64)
    for i in range(decisions):
        seen = vectors_for(policy, source.stage, vectors[i : i + 1])
        p = spread(policy, source.stage, policy.believe(names, seen), all_arms, seeds=[i], held=None)[0]
        worth += float(p @ truth[i])
        arm = int(g.choice(ARMS, p=p / p.sum()))
        r = np.array([float(g.random() < truth[i, arm])])
        policy.update(Contributions([names[arm]], seen[0], one, r, r, p[[arm]], day))
    return worth / decisions


def main() -> None:
    """Replay, run, and write both pages."""
    lines = [
        "# Replays beside real runs",
        "",
        f"{RUNS} logs of {ROWS:,} rows, {ARMS} arms, {FEATURES} features; mean reward per decision (standard",
        "error of the mean in brackets), and the share of 95 % intervals that hold what that walk's choices",
        "are worth. The skewed logger avoids the best arm; c is the least propensity; naive has none.",
        "`python benchmarks/replay_truth.py` writes this page and the picture of docs/replay.md.",
        "",
        "| logger | policy | matches | really | replay | SNIPS | naive | replay covers | SNIPS covers |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for logger, vector in LOGGERS.items():
        for name, spec in POLICIES.items():
            runs = [one_run(vector, spec, seed=seed) for seed in range(RUNS)]
            cells = [logger, name, f"{np.mean([run['matches'] for run in runs]):,.0f}"]
            for label in ("really", "replay", "snips", "naive"):
                values = [run[label] for run in runs]
                cells.append(f"{np.mean(values):.4f} ({np.std(values) / RUNS**0.5:.4f})")
            cells += [
                f"{np.mean([run[f'{label} covers'] for run in runs]):.3f}" for label in ("replay", "snips")
            ]
            lines.append(f"| {' | '.join(cells)} |")
            print(lines[-1], flush=True)
    (HERE / "replay_truth.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    draw()


def one_run(vector: Floats, spec: dict[str, str], *, seed: int) -> dict[str, float]:
    """Replay one log, run for real, and compare."""
    log, truth = log_of(vector, seed=seed)
    source = LoggedSource.of(log, reward_range=(0.0, 1.0))
    # the least propensity: nothing is lost, as would be with fewer rows of the rarest arm by the default
    (plain,) = walkers(source, {"it": spec}, acceptance=float(vector.min()), seed=seed)
    walker = Watched("it", source.stage, plain.policy, plain.columns, plain.acceptance, plain.coins)
    result, (course,) = replay(source, [walker], options=OPTIONS)
    (played,) = walker.played
    worth = (played.p * truth).sum(axis=1)
    goals = {"replay": float(worth[played.accepted].mean()), "snips": float(worth.mean())}
    matches = course.matches or 0
    found: dict[str, float] = {"matches": matches}
    for answer in result.policies[0].answers:
        if answer.estimate is None or answer.interval is None:
            raise ValueError(f"seed: got {seed}; allowed those with matches")
        name = answer.estimator
        found[name] = answer.estimate.value
        found[f"{name} covers"] = answer.interval.low <= goals[name] <= answer.interval.high
    found["naive"] = naive(source, spec, matches=matches, seed=seed)
    found["really"] = really(source, spec, decisions=matches, seed=10_000 + seed)
    return found


def naive(source: LoggedSource, spec: dict[str, str], *, matches: int, seed: int) -> float:
    """The first matches without propensities: as if the logger had chosen uniformly."""
    log = source.log
    (rows,) = log.batches()
    bare = Rows(rows.reward, rows.action, np.full(ROWS, 1 / ARMS), context=rows.context)
    blind = LoggedSource.of(Log(log.arms, (), lambda: iter([bare]), count=ROWS), reward_range=(0.0, 1.0))
    (walker,) = walkers(blind, {"it": spec}, acceptance=1 / ARMS, seed=seed)
    (batch,) = blind.batches()
    accepted = walker.play(batch).accepted
    return float(rows.reward[np.asarray(accepted)][:matches].mean())


def draw() -> None:
    """The learning curves of one uniform log."""
    log, _ = log_of(LOGGERS["uniform"], seed=1, count=20_000)
    source = LoggedSource.of(log, reward_range=(0.0, 1.0))
    specs = {**POLICIES, "uniform": {"kind": "uniform"}}
    acceptance = source.survey.acceptance()
    result = replay(source, walkers(source, specs, acceptance=acceptance, seed=0), options=OPTIONS)
    ((_, chart),) = curves(Replayed(*result, acceptance, uniform=True, seed=0))
    path = HERE.parent / "docs" / "pictures" / "replay.svg"
    path.write_text(vl_convert.vegalite_to_svg(chart.to_dict()), encoding="utf-8")


if __name__ == "__main__":
    main()

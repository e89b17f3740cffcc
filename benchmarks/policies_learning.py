# SPDX-License-Identifier: Apache-2.0
"""What policies earn beside their peers, world by world: writes benchmarks/learning.md.

OPENBLAS_NUM_THREADS=1 python benchmarks/policies_learning.py [--rounds T] [--seeds N] [--data FOLDER]

Letter and mushroom are played when FOLDER holds letter-recognition.csv.gz and mushroom.csv.gz (UCI, label
first). With peers missing, nothing is played.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from policy_bench.pictures import draw_regret
from policy_bench.play import Agent, Ours, OursAtOnce, play
from policy_bench.playing_peers import MakeAgent, playing_peers
from policy_bench.report import machine, table, write_section
from policy_bench.timed_peers import missing
from policy_bench.worlds import DAYS, World, worlds

from policies import DEFAULT, build

Array = NDArray[np.float64]
HERE = Path(__file__).parent

OURS: dict[str, dict[str, object]] = {
    "**default** (linucb, alpha 0.2, half-life 30 days)": DEFAULT,
    "linucb, never forgets": {"kind": "linucb", "alpha": 0.2},
    "thompson, v 0.1, half-life 30 days": {"kind": "thompson", "v": 0.1, "half_life_days": 30},
    "logistic_thompson, v 0.3": {"kind": "logistic_thompson", "v": 0.3},
    "squarecb over linucb": {"kind": "squarecb", "gamma": 50.0},
    "epsilon_greedy 0.05 over linucb": {"kind": "epsilon_greedy", "epsilon": 0.05},
    "uniform": {"kind": "uniform"},
}


def ours(spec: Mapping[str, object]) -> MakeAgent:
    """Return how to make an agent of one of our policies."""

    def make(arms: int, d: int, _seed: int) -> Agent:
        policy = build(spec, dimension=d)
        return (Ours if policy.additive else OursAtOnce)(policy, arms)

    return make


def played(world: World, make: MakeAgent, *, rounds: int, seeds: int) -> Array:
    """Return the rewards of every round of every seed, shape (seeds, rounds)."""
    found = []
    for seed in range(seeds):
        agent = make(world.arms, world.dimension, seed)
        found.append(play(agent, world.episode(seed, rounds), seed=seed))
    return np.array(found)


def section(world: World, earned: Mapping[str, Array]) -> str:
    """Write one world's table: means with intervals, and the difference to the default seed by seed."""
    names = list(earned)
    peers = [name for name in names if name not in OURS]
    means = {name: earned[name].mean(axis=1) for name in names}
    best, peer = (max(some, key=lambda name: float(means[name].mean())) for some in (names, peers))
    default = means[names[0]]
    rows, verdicts = [], []
    for name in sorted(names, key=lambda name: -float(means[name].mean())):
        each, more = means[name], means[name] - default
        half = 1.96 * each.std(ddof=1) / np.sqrt(len(each))
        error = more.std(ddof=1) / np.sqrt(len(each))
        shown = "" if name == names[0] else f"{more.mean():+.4f} ({error:.4f})"
        rows.append(
            [name, f"{each.mean():.4f}", f"{each.mean() - half:.4f} to {each.mean() + half:.4f}", shown]
        )
        if name in (best, peer) and name != names[0]:
            sign = "behind" if more.mean() > 0 else "ahead of"
            size, errors = abs(more.mean()), abs(more.mean()) / error
            verdicts.append(f"{size:.4f} {sign} {name} ({errors:.1f} standard errors)")
    verdict = "The default is " + ("best; " if best == names[0] else "") + ", ".join(verdicts) + "."
    columns = ["policy", "mean reward", "95 % interval", "difference to default (standard error)"]
    head = f"## {world.name}: {world.arms} arms, {world.dimension} features"
    return f"{head}\n\n{table(columns, rows)}\n\n{verdict}\n"


def main() -> None:
    """Play everything and write it down, world after world."""
    parser = argparse.ArgumentParser(description="What policies earn beside their peers")
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--data", type=Path)
    wanted = parser.parse_args()
    if missing():
        print(f"Nothing to compare with: {missing()} missing (pip install slotwise[bench]).")
        return
    agents = {name: ours(spec) for name, spec in OURS.items()} | playing_peers()
    head = f"# What policies learn\n\n{machine('mabwiser', 'river', 'vowpal-wabbit-next')}\n" + " ".join(
        (
            f"{wanted.seeds} seeds of {wanted.rounds} rounds, which last {DAYS} days. Settings are the same",
            "in all worlds; peers get the exploration of our default. Our policies count every view at once",
            "and correct it when a reward comes; peers and policies that cannot unlearn learn when a reward,",
            "or the end of its window, is known. Intervals are over seeds; the last column compares seed by",
            "seed. The default was chosen on other seeds of the same worlds.",
        )
    )
    sections, curves = [head], {}
    for world in worlds(wanted.data):
        earned = {
            name: played(world, make, rounds=wanted.rounds, seeds=wanted.seeds)
            for name, make in agents.items()
        }
        sections.append(section(world, earned))
        curves[world.name] = {
            name: each.mean(axis=0).cumsum()[19::20].round(2).tolist() for name, each in earned.items()
        }
        print(sections[-1], flush=True)
        write_section(HERE / "learning.md", "policies", "\n\n".join(sections))
        (HERE / "learning_curves.json").write_text(json.dumps(curves) + "\n", encoding="utf-8")
    draw_regret(curves, HERE.parent / "docs" / "pictures" / "policies-regret.png")


if __name__ == "__main__":
    main()

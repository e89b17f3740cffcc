# SPDX-License-Identifier: Apache-2.0
"""Speed of replaying a LinUCB that learns, beside obp's loop on the same rows; writes benchmarks/replay.md.

One core, one run: ours and obp take turns. obp 0.5.7 cannot run its own replay (it calls the module tqdm), so
that name is put right here; nothing else is touched. Without obp (see evaluation.py) only ours is shown.
"""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from evaluation import peer

from simulator.datasets import DATASETS, fetch
from simulator.evaluation.results import Options
from simulator.evaluation.specs import build_estimators
from simulator.logs.columns import Mapped
from simulator.logs.readers import Request, read_log
from simulator.logs.rows import Log, Rows, in_batches
from simulator.replaying.logged import LoggedSource
from simulator.replaying.players import walkers
from simulator.replaying.run import replay

HERE = Path(__file__).parent
TURNS, ROWS, ALPHA = 5, 20_000, 0.5


def synthetic(arms: int, features: int) -> Log:
    """A uniform logger; clicks follow a logistic model of each arm."""
    g = np.random.default_rng(arms)
    x = np.clip(g.normal(size=(ROWS, features)), -1, 1)
    theta = g.normal(size=(arms, features)) * 0.5
    action = g.integers(0, arms, ROWS)
    rate = 1 / (1 + np.exp(2.0 - (x * theta[action]).sum(axis=1)))
    rows = Rows((g.random(ROWS) < rate).astype(np.float64), action, np.full(ROWS, 1 / arms), context=x)

    def batches() -> Iterator[Rows]:
        return in_batches(rows)

    return Log(tuple(map(str, range(arms))), (), batches, count=ROWS)


def open_bandit(campaign: str) -> Log:
    """The sample of a campaign that was logged uniformly, read into memory."""
    log = read_log(Request(fetch(DATASETS[f"open-bandit-random-{campaign}"]), Mapped()), kind="obd")
    whole = list(log.batches())
    return Log(log.arms, log.features, lambda: iter(whole), count=log.count)


def ours(log: Log) -> int:
    """Everything `slotwise replay` does with rows in memory: both readings, the walk, the answers."""
    source = LoggedSource.of(log, reward_range=(0.0, 1.0))
    players = walkers(
        source,
        {"it": {"kind": "linucb", "alpha": ALPHA}},
        acceptance=source.survey.acceptance(),
        seed=0,
    )
    options = Options(estimators=build_estimators(["snips"], modelled=False), reward_range=(0.0, 1.0))
    _, (course,) = replay(source, players, options=options)
    return course.matches or 0


def theirs(log: Log) -> Callable[[], int] | None:
    """obp's replay of its LinUCB on the same vectors, constant included."""
    module, policies = peer("obp.simulator.replay"), peer("obp.policy")
    if module is None:
        return None
    module.tqdm = lambda rows, **_: rows
    source = LoggedSource.of(log, reward_range=(0.0, 1.0))
    (batch,) = source.batches()
    arms = len(log.arms)
    feedback = {
        "n_rounds": len(batch.rows),
        "n_actions": arms,
        "context": batch.x / 1024,
        "action": batch.rows.action,
        "reward": batch.rows.reward,
        "position": np.zeros(len(batch.rows), dtype=int),
        "pscore": batch.rows.propensity,
    }

    def run() -> int:
        policy = policies.LinUCB(dim=batch.x.shape[1], n_actions=arms, epsilon=ALPHA, random_state=0)
        module.run_bandit_replay(feedback, policy)
        return int(policy.n_trial)

    return run


def seconds(work: dict[str, Callable[[], int]]) -> dict[str, tuple[float, int]]:
    """Median processor seconds of each piece of work, taking turns, and its matches."""
    times: dict[str, list[float]] = {name: [] for name in work}
    matches = {}
    for _ in range(TURNS):
        for name, run in work.items():
            start = time.process_time()
            matches[name] = run()
            times[name].append(time.process_time() - start)
    return {name: (statistics.median(several), matches[name]) for name, several in times.items()}


def main() -> None:
    """Measure all logs and write the page."""
    logs: dict[str, Log] = {
        "synthetic, 10 arms, 5 features": synthetic(10, 5),
        "synthetic, 20 arms, 10 features": synthetic(20, 10),
        "Open Bandit sample, men": open_bandit("men"),
        "Open Bandit sample, all": open_bandit("all"),
    }
    lines = [
        "# Speed of replaying policies that learn",
        "",
        "A LinUCB that learns from its matches, uniform logs in memory, processor time of one thread,",
        f"medians of {TURNS} turns in one run (Python {platform.python_version()}, numpy {np.__version__}).",
        "Ours includes the survey of the log, the log check, SNIPS over all rows, intervals and verdicts;",
        "obp's is its loop alone. `python benchmarks/replay_speed.py` writes this page.",
        "",
        "| log | rows | arms | vector | ours, rows/s | matches | obp, rows/s | matches | ratio |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, log in logs.items():
        work: dict[str, Callable[[], int]] = {"ours": lambda log=log: ours(log)}
        other = theirs(log)
        if other is not None:
            work["obp"] = other
        took = seconds(work)
        own, matched = took["ours"]
        length = LoggedSource.of(log).survey.dimension
        cells = [name, f"{log.count:,}", str(len(log.arms)), str(length)]
        cells += [f"{log.count / own:,.0f}", f"{matched:,}"]
        if other is not None:
            its, its_matches = took["obp"]
            cells += [f"{log.count / its:,.0f}", f"{its_matches:,}", f"{its / own:.1f}"]
        else:
            cells += ["", "", ""]
        lines.append(f"| {' | '.join(cells)} |")
    text = "\n".join(lines) + "\n"
    (HERE / "replay.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

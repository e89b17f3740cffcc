# SPDX-License-Identifier: Apache-2.0
"""Speed and memory of offline evaluation beside obp and vw-estimators; writes benchmarks/evaluation.md.

One core, one run: ours and the peers take turns. Peers that are not installed are left out. They need an
environment of their own (`pip install --no-deps obp==0.5.7`, then its needs and vw-estimators==0.2.2); obp
imports torch for its neural learners only, which an empty module stands in for.
"""

from __future__ import annotations

import importlib
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from simulator.estimators.dr import DR
from simulator.estimators.ips import IPS
from simulator.estimators.snips import SNIPS
from simulator.intervals.bootstrap import bootstrap_interval
from simulator.logs.partition import Floats, Partition, Target

ROWS, ARMS, TURNS = 1_000_000, 20, 5
# as long as this is the log for two processes: the shorter it is, the more of the time is chance
TIMES = 4
HERE = Path(__file__).parent
STREAM = """
import sys, time
from pathlib import Path
from simulator.evaluation.results import Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.logs.columns import Mapped
from simulator.logs.readers import Request, read_log
from simulator.targets import build_target
start = time.process_time()
log = read_log(Request(Path(sys.argv[1]), Mapped()), kind="parquet")
options = Options(estimators=build_estimators(["ips", "snips"], modelled=False), reward_range=(0.0, 1.0))
result = evaluate(log, [build_target("uniform"), build_target("column:name=new")], options=options)
took = time.process_time() - start
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(took, int(status["VmHWM"].split()[0]) / 1024)
"""


# the same with one process and with two, which take turns; wall seconds and those of the process that asks
PROCESSES = """
import sys, time
from pathlib import Path
from simulator.evaluation.results import Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.logs.columns import Mapped
from simulator.logs.readers import Request, read_log
from simulator.partitioning.executors import crew_of
from simulator.targets import build_target

def once(crew):
    wall, own = time.perf_counter(), time.process_time()
    log = read_log(Request(Path(sys.argv[1]), Mapped()), kind="parquet")
    names = ["ips", "snips", "clipped_ips", "cressie_read"]
    options = Options(estimators=build_estimators(names, modelled=False), reward_range=(0.0, 1.0))
    policies = [build_target(text) for text in ("uniform", "fixed:arm=3", "column:name=new")]
    evaluate(log, policies, options=options, crew=crew)
    return time.perf_counter() - wall, time.process_time() - own

if __name__ == "__main__":
    with crew_of(workers=1) as one, crew_of(workers=2) as two:
        once(two)  # the second process starts: half a second that a longer log does not notice
        found = {1: [], 2: []}
        for _ in range(int(sys.argv[2])):
            for processes, crew in ((1, one), (2, two)):
                found[processes].append(once(crew))
        for processes, times in found.items():
            print(min(wall for wall, _ in times), min(own for _, own in times))
"""


class Standin:
    """Whatever obp asks torch for while it is imported."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        del args, kwargs


class StandinModule(types.ModuleType):
    """A module in which every name is a `Standin`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Standin


def peer(name: str) -> Any:
    """A peer's module, None where it is not installed."""
    torch = ["torch", "torch.nn", "torch.nn.functional", "torch.optim", "torch.utils", "torch.utils.data"]
    if name.startswith("obp"):
        for part in torch:
            module = sys.modules.setdefault(part, StandinModule(part))
            parent, _, child = part.rpartition(".")
            if parent:
                setattr(sys.modules[parent], child, module)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError:
        return None


def world() -> tuple[Floats, Floats, Floats, Floats, Any]:
    """A million rounds of twenty arms: logger, policy, model, rewards, arms shown."""
    g = np.random.default_rng(0)
    logger = g.random((ROWS, ARMS)) + 0.1
    logger /= logger.sum(axis=1, keepdims=True)
    policy = g.random((ROWS, ARMS)) + 0.05
    policy /= policy.sum(axis=1, keepdims=True)
    model = g.random((ROWS, ARMS)) * 0.1
    action = (g.random(ROWS)[:, None] > logger.cumsum(axis=1)).sum(axis=1).clip(0, ARMS - 1)
    reward = (g.random(ROWS) < 0.05).astype(float)
    return logger, policy, model, reward, action


def median_s(work: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Median seconds of processor time of each piece of work, taking turns."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(TURNS):
        for name, run in work.items():
            start = time.process_time()
            run()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(several) for name, several in times.items()}


def from_arrays() -> tuple[dict[str, float], IPS]:
    """IPS with SNIPS, DR, and the bootstrap, from arrays in memory."""
    logger, policy, model, reward, action = world()
    rows = np.arange(ROWS)
    logged = Partition(reward, logger[rows, action], action)
    last: dict[str, Any] = {}

    def ours_ips() -> None:
        target = Target.of(logged, policy)
        for kind in (IPS, SNIPS):
            estimator = last[kind.name] = kind()
            estimator.add(logged, target)
            estimator.estimate()

    def ours_dr() -> None:
        estimator = DR()
        estimator.add(logged, Target.of(logged, policy, q=model))
        estimator.estimate()

    work: dict[str, Callable[[], Any]] = {"IPS and SNIPS|slotwise": ours_ips, "DR|slotwise": ours_dr}
    obp, vw = peer("obp.ope"), peer("estimators.bandits.ips")
    if obp is not None:
        given = {
            "reward": reward,
            "action": action,
            "pscore": logged.propensity,
            "action_dist": policy[:, :, None],
            "position": np.zeros(ROWS, dtype=int),
        }
        ipw, snipw = obp.InverseProbabilityWeighting(), obp.SelfNormalizedInverseProbabilityWeighting()
        work["IPS and SNIPS|obp"] = lambda: [e.estimate_policy_value(**given) for e in (ipw, snipw)]
        work["DR|obp"] = lambda: obp.DoublyRobust().estimate_policy_value(
            **given, estimated_rewards_by_reg_model=model[:, :, None]
        )
        few = 100
        work[f"bootstrap|obp ({few} of 10,000)"] = lambda: ipw.estimate_interval(
            **given, n_bootstrap_samples=few, random_state=0
        )
    if vw is not None:
        snips = peer("estimators.bandits.snips")

        def vw_both() -> None:
            pairs = zip(
                logged.propensity.tolist(), reward.tolist(), policy[rows, action].tolist(), strict=True
            )
            one, other = vw.Estimator(), snips.Estimator()
            for p, r, pi in pairs:
                one.add_example(p, r, pi)
                other.add_example(p, r, pi)

        work["IPS and SNIPS|vw-estimators"] = vw_both
    ours_ips()
    work["bootstrap|slotwise (10,000)"] = lambda: bootstrap_interval(last["ips"].sums, resamples=10_000)
    return median_s(work), last["ips"]


def from_parquet() -> tuple[float, float, float, list[float]]:
    """Seconds, peak megabytes and file size of evaluating two policies from Parquet with whole vectors.

    Then wall and own seconds of more work on `TIMES` as many rows, by one process and by two.
    """
    pa, pq = peer("pyarrow"), peer("pyarrow.parquet")
    logger, policy, _, reward, action = world()
    rows = np.arange(ROWS)
    columns = {
        "action": pa.array(action.astype(np.int16)),
        "reward": pa.array(reward),
        "propensity": pa.array(logger[rows, action]),
        "p_all": pa.FixedSizeListArray.from_arrays(pa.array(logger.ravel()), ARMS),
        "pi_new": pa.array(policy[rows, action]),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.parquet"
        table = pa.table(columns)
        pq.write_table(table, path, row_group_size=65_536, compression="none", use_dictionary=False)
        size = path.stat().st_size / 2**20
        runs = [
            subprocess.run(
                [sys.executable, "-c", STREAM, str(path)], capture_output=True, text=True, check=True
            ).stdout.split()
            for _ in range(3)
        ]
        program = Path(folder) / "processes.py"
        program.write_text(PROCESSES, "utf-8")
        long = Path(folder) / "long.parquet"
        with pq.ParquetWriter(long, table.schema, compression="none", use_dictionary=False) as writer:
            for _ in range(TIMES):
                writer.write_table(table, row_group_size=65_536)
        shared = subprocess.run(
            [sys.executable, str(program), str(long), str(TURNS)], capture_output=True, text=True, check=True
        ).stdout.split()
    seconds = statistics.median(float(run[0]) for run in runs)
    return seconds, max(float(run[1]) for run in runs), size, [float(one) for one in shared]


def main() -> None:
    """Run everything and write the table."""
    took, _ = from_arrays()
    seconds, megabytes, size, (wall, own, wall_of_two, own_of_two) = from_parquet()
    lines = [
        "# Speed of offline evaluation",
        "",
        f"Processor seconds of one thread: {ROWS:,} rounds with {ARMS} arms, whole vectors, medians of",
        f"{TURNS} turns in one run (Python {platform.python_version()}, numpy {np.__version__}).",
        "`python benchmarks/evaluation.py` writes this page.",
        "",
        "| work | who | seconds |",
        "|---|---|---|",
    ]
    for name, value in sorted(took.items()):
        what, who = name.split("|")
        lines.append(f"| {what} | {who} | {value:.3f} |")
    lines.append(f"| two policies from Parquet ({size:.0f} MB) | slotwise | {seconds:.2f} |")
    lines += [
        "",
        f"Peak memory of the Parquet run: {megabytes:.0f} MB, the interpreter and its libraries included.",
    ]
    lines += [
        "",
        f"Three policies with four estimators from a file {TIMES} times as long, best of "
        f"{TURNS} turns each: {wall:.2f} s with one process, {wall_of_two:.2f} s with two "
        f"({wall / wall_of_two:.2f} times as fast); processor time of the process that asks: {own:.2f} s and "
        f"{own_of_two:.2f} s ({own / own_of_two:.2f} times less). "
        "The second process was started before, which takes half a second.",
    ]
    few = took.get("bootstrap|obp (100 of 10,000)")
    if few is not None:
        ratio = few * 100 / took["bootstrap|slotwise (10,000)"]
        lines.append(
            f"10,000 resamples: obp would take {few * 100:.0f} s at its rate, {ratio:.0f} times ours."
        )
    text = "\n".join(lines) + "\n"
    (HERE / "evaluation.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

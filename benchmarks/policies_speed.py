# SPDX-License-Identifier: Apache-2.0
"""How long policies take beside their peers, on one core: writes the policies' part of benchmarks/speed.md.

OPENBLAS_NUM_THREADS=1 python benchmarks/policies_speed.py
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from policy_bench.lessons import evidence, grid, taught
from policy_bench.report import machine, table, write_section
from policy_bench.timed_peers import missing, peers
from policy_bench.timing import Call, interleaved

from policies import DEFAULT, Policy


def ranking(policy: Policy, arms: tuple[str, ...], *, requests: int, d: int) -> Call:
    """Return a call that believes and spreads probability for one batch."""
    x = grid(np.random.default_rng(2).normal(size=(requests, 1, d)))
    eligible = np.ones((requests, len(arms)), dtype=bool)
    seeds = tuple(range(requests))
    return lambda: policy.probabilities(policy.believe(arms, x), eligible, seeds=seeds)


def learning(policy: Policy, arms: tuple[str, ...], *, n: int, d: int, weight: float = 1.0) -> Call:
    """Return a call that learns n contributions to up to ten arms and brings beliefs up to date."""
    lessons = [evidence(n, arms=arms[:10], d=d, seed=seed) for seed in range(64)]
    for lesson in lessons:
        lesson.weight[:] = weight
    x = grid(np.random.default_rng(3).normal(size=(1, 1, d)))
    turn = iter(range(10**12))

    def call() -> object:
        policy.update(lessons[next(turn) % 64])
        return policy.believe(arms[:1], x)

    return call


def cycle(policy: Policy, arms: tuple[str, ...], *, requests: int, d: int) -> Call:
    """Return what the service does for a batch: believe, fill three slots, learn three slots a request."""
    x = grid(np.random.default_rng(4).normal(size=(requests, 1, d)))
    masks = [np.ones((requests, len(arms)), dtype=bool) for _ in range(3)]
    for slot in (1, 2):
        masks[slot][:, :slot] = False
    seeds = tuple(range(requests))
    lessons = [evidence(3 * requests, arms=arms[:10], d=d, seed=seed) for seed in range(64)]
    turn = iter(range(10**12))

    def call() -> object:
        belief = policy.believe(arms, x)
        for mask in masks:
            policy.probabilities(belief, mask, seeds=seeds)
        policy.update(lessons[next(turn) % 64])
        return belief

    return call


def hot_path() -> str:
    """Measure one request and batches beside the peers."""
    d, k = 32, 20
    calls: dict[str, Call] = {}
    for kind in ("linucb", "thompson"):
        policy, arms = taught({"kind": kind}, arms=k, d=d)
        for requests in (1, 16, 32):
            calls[f"{kind}, {requests}"] = ranking(policy, arms, requests=requests, d=d)
    for kind in ("linucb_hybrid", "logistic_thompson", "beta_thompson", "epsilon_greedy", "squarecb", "vw"):
        policy, arms = taught({"kind": kind}, arms=k, d=d)
        calls[f"{kind}, 1"] = ranking(policy, arms, requests=1, d=d)
    policy, arms = taught(DEFAULT, arms=k, d=d)
    calls[f"the default ({DEFAULT['kind']}), 1"] = ranking(policy, arms, requests=1, d=d)
    calls |= {f"{name} predict, 1": predict for name, (predict, _) in peers(d=d, arms=k).items()}
    found = interleaved(calls)
    rows = [[*name.rsplit(", ", 1), f"{us:.1f}"] for name, us in found.items()]
    ratios = "".join(
        f"A batch of 32 takes {found[f'{kind}, 32'] / found[f'{kind}, 1']:.1f} times as long as one request "
        f"with {kind}.\n"
        for kind in ("linucb", "thompson")
    )
    if "MABWiser LinUCB predict, 1" in found:
        faster = found["MABWiser LinUCB predict, 1"] / found["linucb, 1"]
        ratios += (
            f"linucb is {faster:.1f} times as fast as MABWiser's LinUCB, which tells no probabilities.\n"
        )
    return f"### Probabilities: 20 arms, 32 features\n\n{table(['what', 'requests', 'us'], rows)}\n\n{ratios}"


def updates() -> str:
    """Measure learning, with the refresh it causes."""
    d, k = 32, 20
    calls: dict[str, Call] = {}
    asked: dict[str, Call] = {}
    x = grid(np.random.default_rng(3).normal(size=(1, 1, d)))
    fading = {"kind": "linucb", "half_life_days": 30}
    for name, spec in (
        *(
            (kind, {"kind": kind})
            for kind in ("linucb", "thompson", "linucb_hybrid", "logistic_thompson", "vw")
        ),
        ("linucb with a half-life", fading),
        (f"the default, {DEFAULT['kind']}", DEFAULT),
    ):
        policy, arms = taught(spec, arms=k, d=d)
        calls[f"{name}: one contribution"] = learning(policy, arms, n=1, d=d)
        asked[f"{name}: one contribution"] = partial(policy.believe, arms[:1], x)
    policy, arms = taught({"kind": "linucb"}, arms=k, d=d)
    calls["linucb: a reward that corrects"] = learning(policy, arms, n=1, d=d, weight=0.0)
    calls["linucb: 48 contributions to 10 arms"] = learning(policy, arms, n=48, d=d)
    wide, arms = taught({"kind": "linucb"}, arms=k, d=64)
    calls["linucb, 64 features: one contribution"] = learning(wide, arms, n=1, d=64)
    calls |= {f"{name}: one row": update for name, (_, update) in peers(d=d, arms=k).items()}
    # Of the same policies: whoever learns asks afterwards, so that these find nothing new.
    questions = {f"{name}, asked": call for name, call in asked.items()}
    found = interleaved(calls | questions)
    rows = []
    for name in calls:
        alone = f"{found[name] - found[f'{name}, asked']:.1f}" if name in asked else ""
        rows.append([name, f"{found[name]:.1f}", alone])
    columns = ["what", "us, with the belief after it", "us, without"]
    return f"### One update with the refresh it causes: 20 arms, 32 features\n\n{table(columns, rows)}\n"


def cycles() -> str:
    """Measure the service's cycle."""
    calls: dict[str, Call] = {}
    for kind in ("linucb", "thompson"):
        for requests in (1, 16):
            policy, arms = taught({"kind": kind}, arms=20, d=32)
            calls[f"{kind}, {requests}"] = cycle(policy, arms, requests=requests, d=32)
    rows = []
    for name, us in interleaved(calls).items():
        kind, requests = name.split(", ")
        rows.append([kind, requests, f"{us:.0f}", f"{us / int(requests):.1f}"])
    head = "### A batch as the service does it: believe, fill three slots, learn three slots a request"
    return f"{head}\n\n{table(['policy', 'requests', 'us', 'us a request'], rows)}\n"


def growth() -> str:
    """Measure how time and memory grow with arms and features."""
    rows = []
    for d in (16, 32, 64):
        for k in (10, 100, 1_000, 10_000):
            views = 4 if k == 10_000 else 20
            linucb, arms = taught({"kind": "linucb"}, arms=k, d=d, views=views)
            thompson, _ = taught({"kind": "thompson"}, arms=k, d=d, views=views)
            found = interleaved(
                {
                    "linucb": ranking(linucb, arms, requests=1, d=d),
                    "thompson": ranking(thompson, arms, requests=1, d=d),
                },
                turns=15,
            )
            times = [f"{found[kind]:,.0f}" for kind in ("linucb", "thompson")]
            sizes = [linucb.model.nbytes, len(linucb.dump())]  # type: ignore[attr-defined]
            rows.append([str(d), f"{k:,}", *times, *(f"{size / 2**20:,.1f}" for size in sizes)])
    columns = ["features", "arms", "linucb us", "thompson us", "memory MiB", "snapshot MiB"]
    return f"### Growth: probabilities of one request\n\n{table(columns, rows)}\n"


def main() -> None:
    """Measure everything and write it down."""
    taken = machine("mabwiser", "river", "vowpal-wabbit-next")
    how = (
        "Candidates take turns of 4 ms, 40 times; figures are medians over the turns of processor time, in "
        "microseconds (`OPENBLAS_NUM_THREADS=1 python benchmarks/policies_speed.py`)."
    )
    text = f"{taken}\n{how}\n\n{hot_path()}\n{updates()}\n{cycles()}\n{growth()}"
    print(text)
    if missing():
        print(f"Not written down: {missing()} missing (pip install slotwise[bench]).")
    else:
        write_section(Path(__file__).parent / "speed.md", "policies", f"## Policies\n\n{text}")


if __name__ == "__main__":
    main()

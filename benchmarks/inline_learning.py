# SPDX-License-Identifier: Apache-2.0
"""What policies earn whose arms come with requests and leave after a while, in the world `cold_start`.

    OPENBLAS_NUM_THREADS=1 python benchmarks/inline_learning.py [--rounds 2000] [--seeds 6]

Eight arms are there at any time, of five kinds; those of a kind please similar visitors. An arm lives so many
rounds, so it is shown an eighth of that on average. Every request brings the arms that are there, through the
service's own `decide` and `fold`. "Catalogue" is the same with all arms in the catalogue, where each has sums
of its own from the start. All policies meet the same visitors, so they are compared seed by seed.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from msgspec.structs import replace

from bandit.core import join
from bandit.core.decide import Ask, Stage, decide
from bandit.core.eligibility import Roster
from bandit.core.events import AnyEvent, PlacementPut
from bandit.core.features import Encoder, resolve
from bandit.core.fold import Fold
from bandit.core.state import State
from policies import DEFAULT
from simulator.worlds.table import build_world

_NAME, _CLICK = "spot", "click"
LIVES = (20, 200, 1000)
CONTENDERS: tuple[tuple[str, dict[str, Any], bool], ...] = (
    ("linucb_shared, catalogue", {"kind": "linucb_shared"}, False),
    ("linucb_shared", {"kind": "linucb_shared"}, True),
    ("linucb_hybrid", {"kind": "linucb_hybrid"}, True),
    ("the default (adaptive)", DEFAULT, True),
    ("uniform", {"kind": "uniform"}, True),
)


def play(life: int, policy: dict[str, Any], *, seed: int, rounds: int, inline: bool) -> float:
    """Return the expected clicks a round."""
    episode = build_world(f"cold_start:life={life}").episode(seed=seed, rounds=rounds)
    features, every = resolve(episode.placement.features, episode.declared), episode.placement.arms
    placement = replace(
        episode.placement, policy=policy, features=features, arms={} if inline else dict(every)
    )
    encoder, roster = Encoder(features, episode.declared), Roster(every)
    state = State()
    fold = Fold(state)
    fold.apply([(1, PlacementPut(at=float(episode.at[0]), by="benchmark", name=_NAME, placement=placement))])
    earned, there = 0.0, np.zeros(0, dtype=bool)
    for round_ in range(rounds):
        at = float(episode.at[round_])
        now = roster.standing(at).mask
        if not np.array_equal(now, there):
            there = now
            arms = {
                name: every[name] for name, here in zip(roster.names, there.tolist(), strict=True) if here
            }
            stage = Stage(_NAME, placement, encoder, arms=arms)
        chooser = state.learners[_NAME].chooser(placement, position=state.position)
        ask = Ask(decision=f"{seed}-{round_}", at=at, known=episode.known[round_], slots=1)
        [decided] = decide(stage, chooser, [ask], state.caps)
        page = [roster.names.index(arm) for arm in decided.slots]
        earned += episode.expected(round_, page)
        events: list[AnyEvent] = [decided]
        for slot in episode.clicked(round_, page):
            value = placement.reward.events[_CLICK]
            events.append(
                join.reward(
                    decided,
                    None,
                    placement.reward,
                    slot=slot,
                    value=value,
                    name=_CLICK,
                    reward_id=f"{slot}",
                    at=at,
                )
            )
        fold.apply(enumerate(events, state.position + 1))
    return earned / rounds


def main() -> None:
    """Print a table a life."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=6)
    args = parser.parse_args()
    for life in LIVES:
        print(f"\nan arm lives {life} rounds\n{'policy':<28}{'clicks a round':>16}{'over the first':>24}")
        first: np.ndarray | None = None
        for name, policy, inline in CONTENDERS:
            earned = np.array(
                [
                    play(life, policy, seed=seed, rounds=args.rounds, inline=inline)
                    for seed in range(args.seeds)
                ]
            )
            first = earned if first is None else first
            over = earned - first
            error = over.std(ddof=1) / np.sqrt(len(over))
            print(f"{name:<28}{earned.mean():>16.4f}{over.mean():>+16.4f} +- {error:.4f}", flush=True)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""The service's own code learns the demo's hidden tastes."""

from __future__ import annotations

import pytest

from bandit.core.snapshot import dump
from bandit.core.tally import Group
from simulator.simulation.play import NAME, Player
from simulator.simulation.season import Task
from simulator.worlds.table import build_world

VISITS = 20_000


def played(policy: str, *, seed: int, visits: int, together: int = 8) -> Player:
    """A season of the department store."""
    task = Task(world="promos", policy=policy, seed=seed, rounds=visits, together=together)
    player = Player(build_world("promos").episode(seed=seed, rounds=visits), task)
    player.play()
    return player


def observed(player: Player, group: Group) -> float:
    """Clicks per shown slot, as a report shows them."""
    tallies = player.state.learners[NAME].life.tallies[group].values()
    return sum(each.total for each in tallies) / sum(each.counted for each in tallies)


@pytest.mark.parametrize("kind", ["linucb", "thompson"])
def test_policy_learns_the_tastes(kind: str) -> None:
    """Over 20,000 decisions, the first ones included, it earns 1.5 holdouts and 85 % of the oracle."""
    player = played(kind, seed=20_260_601, visits=VISITS)
    policy = player.season().earned["policy"]
    assert policy.oracle is not None
    assert player.season().earned["holdout"].pages > VISITS * 0.04
    assert observed(player, "policy") >= 1.5 * observed(player, "holdout")
    assert observed(player, "policy") >= 0.85 * policy.oracle
    assert policy.share is not None
    assert policy.share >= 0.85


def test_uniform_policy_earns_what_the_holdout_earns() -> None:
    """A policy that does not learn earns like the holdout: the ratio above is not built into the world."""
    earned = played("uniform", seed=5, visits=4_000, together=64).season().earned
    assert earned["policy"].rate == pytest.approx(earned["holdout"].rate, rel=0.1)
    share = earned["policy"].share
    assert share is not None
    assert share < 0.5


def test_same_seed_gives_the_same_state() -> None:
    """A season repeats to the byte."""
    first, again = (dump(played("thompson", seed=6, visits=300).state) for _ in range(2))
    assert first == again


def test_state_counts_every_page() -> None:
    """Decisions, shown slots and caps of the state are those of the pages that were played."""
    player = played("linucb", seed=7, visits=500)
    learner = player.state.learners[NAME]
    shown = sum(tally.shown for group in learner.life.tallies.values() for tally in group.values())
    assert sum(learner.life.decisions.values()) == 500
    assert shown == 3 * 500 == sum(earned.slots for earned in player.season().earned.values())

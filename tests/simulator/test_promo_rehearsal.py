# SPDX-License-Identifier: Apache-2.0
"""The service's own code learns the demo's hidden tastes."""

from __future__ import annotations

import pytest

from bandit.core.snapshot import dump
from bandit.core.tally import Group
from simulator.worlds.promo_rehearsal import Rehearsal
from simulator.worlds.promos import PLACEMENT

VISITS = 20_000


def observed(rehearsal: Rehearsal, group: Group) -> float:
    """Clicks per shown slot, as a report shows them."""
    tallies = rehearsal.state.learners[PLACEMENT].tallies[group].values()
    return sum(each.total for each in tallies) / sum(each.counted for each in tallies)


@pytest.mark.parametrize("kind", ["linucb", "thompson"])
def test_policy_learns_the_tastes(kind: str) -> None:
    """Over 20,000 decisions, the first ones included, it earns 1.5 holdouts and 85 % of the oracle."""
    rehearsal = Rehearsal({"kind": kind}, seed=20_260_601)
    rehearsal.play(VISITS)
    policy = rehearsal.earned["policy"]
    oracle = policy.best / policy.slots
    assert rehearsal.earned["holdout"].pages > VISITS * 0.04
    assert observed(rehearsal, "policy") >= 1.5 * observed(rehearsal, "holdout")
    assert observed(rehearsal, "policy") >= 0.85 * oracle
    assert policy.share is not None
    assert policy.share >= 0.85


def test_uniform_policy_earns_what_the_holdout_earns() -> None:
    """A policy that does not learn earns like the holdout: the ratio above is not built into the world."""
    rehearsal = Rehearsal({"kind": "uniform"}, seed=5)
    rehearsal.play(4_000, together=64)
    assert rehearsal.earned["policy"].rate == pytest.approx(rehearsal.earned["holdout"].rate, rel=0.1)
    share = rehearsal.earned["policy"].share
    assert share is not None
    assert share < 0.5


def test_same_seed_gives_the_same_state() -> None:
    """A season repeats to the byte."""
    states = []
    for _ in range(2):
        rehearsal = Rehearsal({"kind": "thompson"}, seed=6)
        rehearsal.play(300)
        states.append(dump(rehearsal.state))
    assert states[0] == states[1]


def test_state_counts_every_page() -> None:
    """Decisions, shown slots and caps of the state are those of the pages that were played."""
    rehearsal = Rehearsal({"kind": "linucb"}, seed=7)
    rehearsal.play(500)
    learner = rehearsal.state.learners[PLACEMENT]
    shown = sum(tally.shown for group in learner.tallies.values() for tally in group.values())
    assert sum(learner.decisions.values()) == 500
    assert shown == 3 * 500 == sum(earned.slots for earned in rehearsal.earned.values())

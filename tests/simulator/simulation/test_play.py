# SPDX-License-Identifier: Apache-2.0
"""Seasons are played by the service's own code, and counted as they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bandit.core.events import AnyEvent, Decided, Rewarded
from bandit.core.fold import Fold
from bandit.core.snapshot import dump
from bandit.core.state import State
from policies import POLICIES
from simulator.partitioning.executors import crew_of
from simulator.simulation.play import NAME, Player, play
from simulator.simulation.run import simulate
from simulator.simulation.season import Season, Task
from simulator.worlds.table import WORLDS, build_world

PLAYABLE = [name for name in WORLDS if name not in ("letter", "csv")]


def same(first: Season, second: Season) -> bool:
    """Whether two seasons are equal to the bit."""
    columns = ("round", "expected", "best", "clicks")
    pairs = [(getattr(first.curve, name), getattr(second.curve, name)) for name in columns]
    return first.earned == second.earned and all(np.array_equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("world", PLAYABLE)
def test_every_world_can_be_played(world: str) -> None:
    """Regret never falls, the best page is never beaten, and the same task gives the same bits."""
    task = Task(world=world, policy="thompson", seed=1, rounds=60)
    season = play(task)
    assert season.curve.round.tolist() == list(range(1, 61))
    assert (np.diff(season.curve.regret) >= -1e-9).all()
    assert season.curve.best[-1] > 0
    assert same(season, play(task))


@pytest.mark.parametrize("policy", ["default", *POLICIES])
def test_every_policy_can_play(policy: str) -> None:
    """Whatever kind a catalogue may name plays, learns, and lets no click get lost."""
    kept: list[AnyEvent] = []
    task = Task(world="drifting:arms=3,features=2", policy=policy, seed=9, rounds=40)
    season = play(task, keep=lambda position, event: kept.append(event))
    decided = [event for event in kept if isinstance(event, Decided)]
    assert len(decided) == 40
    assert not any(event.fallback for event in decided)
    assert season.curve.clicks[-1] == sum(isinstance(event, Rewarded) for event in kept) > 0


def test_a_policy_that_learns_earns_more_than_one_that_does_not() -> None:
    """In a world of tastes, LinUCB beats uniform choice on the same visitors by far."""
    learned, uniform = (
        play(Task(world="drifting:turns=0,arms=5,features=3", policy=policy, seed=2, rounds=800)).curve
        for policy in ("linucb", "uniform")
    )
    np.testing.assert_array_equal(learned.best, uniform.best)
    assert learned.expected[-1] > 1.3 * uniform.expected[-1]
    assert learned.regret[-1] < 0.6 * uniform.regret[-1]


def test_uniform_choice_earns_the_mean_of_the_rates() -> None:
    """What a policy is said to be worth is what the truth says of it."""
    world = "drifting:arms=4"
    season = play(Task(world=world, policy="uniform", seed=3, rounds=3_000))
    rates = build_world(world).episode(seed=3, rounds=3_000).rates
    assert season.curve.expected[-1] / 3_000 == pytest.approx(rates.mean(), abs=0.01)
    assert season.curve.best[-1] == pytest.approx(rates.max(axis=1).sum())
    assert season.curve.clicks[-1] == pytest.approx(season.curve.expected[-1], rel=0.1)


def test_rewards_are_folded_when_they_come() -> None:
    """With delays no reward is in the log before it came, and all of them are in the end."""
    kept: list[AnyEvent] = []
    task = Task(world="delayed:lag=30", policy="linucb", seed=4, rounds=300)
    season = play(task, keep=lambda position, event: kept.append(event))
    rewards = [event for event in kept if isinstance(event, Rewarded)]
    decided = {event.decision: event for event in kept if isinstance(event, Decided)}
    assert len(rewards) == season.curve.clicks[-1] > 20
    assert all(reward.at > decided[reward.decision].at for reward in rewards)
    times = [event.at for event in kept]
    assert times == sorted(times)


def test_learning_is_that_of_the_log() -> None:
    """Folding the events that a season wrote gives the state that it ended with, byte for byte."""
    kept: list[tuple[int, AnyEvent]] = []
    task = Task(world="cascade", policy="linucb", seed=5, rounds=100, together=4)
    player = Player(
        build_world(task.world).episode(seed=5, rounds=100),
        task,
        keep=lambda position, event: kept.append((position, event)),
    )
    player.play()
    again = State()
    Fold(again).apply(kept)
    assert dump(again) == dump(player.state)
    assert again.learners[NAME].life.decisions == {"policy": 100}


def test_floor_and_holdout_are_those_of_the_task() -> None:
    """The placement's floor and holdout can be set, and decisions keep to them."""
    kept: list[AnyEvent] = []
    task = Task(world="drifting", policy="fixed", seed=6, rounds=400, floor=0.05, holdout=0.25)
    season = play(task, keep=lambda position, event: kept.append(event))
    decided = [event for event in kept if isinstance(event, Decided)]
    assert min(np.frombuffer(event.p).min() for event in decided) == pytest.approx(0.05)
    held = sum(event.holdout for event in decided)
    assert held == season.earned["holdout"].pages
    assert 70 <= held <= 130


def test_nobody_is_decided_twice_from_one_state() -> None:
    """Who comes again before a group is full starts the next one, so that caps see every visit."""
    task = Task(world="promos", policy="uniform", seed=7, rounds=400, together=200)
    episode = build_world("promos").episode(seed=7, rounds=400)
    groups = list(Player(episode, task)._groups())
    assert [round_ for group in groups for round_ in group] == list(range(400))
    assert episode.users is not None
    for group in groups:
        assert len({episode.users[round_] for round_ in group}) == len(group) <= 200
    assert len(groups) > 2


def test_processes_find_what_one_finds() -> None:
    """Tasks that are shared out to processes give the same seasons, in the order of the tasks."""
    tasks = [
        Task(world="cascade", policy=policy, seed=seed, rounds=40)
        for seed in (1, 2)
        for policy in ("linucb", "uniform")
    ]
    told: list[int] = []
    here = simulate(tasks, watch=told.append)
    with crew_of(workers=2) as crew:
        there = simulate(tasks, crew=crew)
    assert [season.task for season in here] == [season.task for season in there] == tasks
    assert all(same(*pair) for pair in zip(here, there, strict=True))
    assert told == sorted(told)
    assert told[-1] == 160


def test_what_the_placement_is_told_reaches_its_log() -> None:
    """Decisions carry the examination of slots, and a click takes back every slot below it."""
    biased: list[AnyEvent] = []
    task = Task(world="position_biased:told=true", policy="linucb", seed=8, rounds=20)
    play(task, keep=lambda position, event: biased.append(event))
    for event in biased:
        if isinstance(event, Decided):
            assert event.examination == pytest.approx((1.0, 0.6, 0.36, 0.216), abs=2**-9)
    cascading: list[AnyEvent] = []
    play(replace(task, world="cascade:told=true"), keep=lambda position, event: cascading.append(event))
    rewards = [event for event in cascading if isinstance(event, Rewarded)]
    assert len(rewards) > 5
    assert all(len(reward.cascade) == 3 - reward.slot for reward in rewards)

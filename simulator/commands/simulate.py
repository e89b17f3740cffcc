# SPDX-License-Identifier: Apache-2.0
"""`slotwise simulate`: what policies earn in worlds whose truth is known, and how much they miss."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path

from bandit.commands import arguments
from bandit.commands.command import Command
from bandit.commands.terminal import print_json, print_table, progress
from bandit.errors import Invalid
from simulator.commands.answer_arguments import add_answers, add_crew, add_policies, check_report, made_by
from simulator.commands.simulated_log import write_log
from simulator.extras import optional
from simulator.partitioning.executors import crew_of
from simulator.simulation.as_json import as_json
from simulator.simulation.as_table import notes, table
from simulator.simulation.policy_specs import policy_of
from simulator.simulation.results import Standing, standings
from simulator.simulation.run import simulate
from simulator.simulation.season import Task
from simulator.targets.grid import expand_all
from simulator.worlds.table import WORLDS, build_world

TRIED = 200  # rounds: no setting asks for more


def fraction(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ArgumentTypeError(f"got {text!r}; allowed 0 to 1")
    return value


def seed(text: str) -> int:
    """A whole number from 0."""
    if not text.isdecimal():
        raise ArgumentTypeError(f"got {text!r}; allowed a whole number from 0")
    return int(text)


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--world",
        action="extend",
        nargs="+",
        default=[],
        metavar="SPEC",
        help=f"{', '.join(WORLDS)}; with settings: drifting:arms=5,turns=2",
    )
    add_policies(
        parser,
        what="default, or kinds with settings: uniform, linucb:alpha=0.1, grids: linucb:alpha=0.1|1",
    )
    parser.add_argument(
        "--rounds", type=arguments.positive_int, metavar="N", help="visitors (default: as the world has it)"
    )
    parser.add_argument(
        "--seeds", type=arguments.positive_int, default=5, metavar="N", help="how many (default: 5)"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="the first of them (default: 0)")
    parser.add_argument("--floor", type=fraction, metavar="P", help="least probability of each eligible arm")
    parser.add_argument("--holdout", type=fraction, metavar="P", help="share of rounds ranked uniformly")
    parser.add_argument(
        "--together",
        type=arguments.positive_int,
        default=1,
        metavar="N",
        help="decisions made from the same state, as under load (default: 1)",
    )
    add_crew(parser, what="play on the workers of a Dask scheduler instead")
    parser.add_argument("--png", type=Path, metavar="DIR", help="write the pictures as PNG into a folder")
    parser.add_argument(
        "--log",
        type=Path,
        metavar="FILE",
        help="write the first seed's log as slotwise export would, with the truth",
    )
    add_answers(parser)


def _run(given: Namespace) -> int:
    tasks = _tasks(given)
    check_report(given)
    if given.log is not None and not given.log.parent.is_dir():
        raise Invalid(f"log: got {given.log}; allowed a file in a folder that exists", field="log")
    played = {(task.world, task.policy) for task in tasks}
    if given.log is not None and len(played) > 1:
        raise Invalid(f"log: got {len(played)} pairs of world and policy; allowed one", field="log")
    pictures = None
    if given.report is not None or given.png is not None:
        # before the work, so that a missing library is known at once
        pictures = optional("simulator.simulation.report", what="report")
    with (
        crew_of(workers=given.workers, dask=given.dask) as crew,
        progress("simulating", total=sum(task.rounds for task in tasks)) as advance,
    ):
        first = [] if given.log is None else [write_log(given.log, tasks[0])]
        seasons = first + simulate(tasks[len(first) :], crew=crew, watch=advance)
    found = standings(seasons, level=given.level)
    if pictures is not None and given.report is not None:
        pictures.write_report(given.report, found, made=made_by(given))
    if pictures is not None and given.png is not None:
        pictures.write_pictures(given.png, found, level=given.level)
    _print(given, found)
    return 0


def _tasks(given: Namespace) -> list[Task]:
    """All that is to be played, worlds and seeds first, so that policies meet the same visitors in turn."""
    for what, specs in (("world", given.world), ("policy", given.policy)):
        if not specs:
            raise Invalid(f"{what}: got none; allowed one or more, see slotwise simulate --help", field=what)
    policies = expand_all(given.policy)
    for spec in policies:
        policy_of(spec)
    # a dictionary, and a grid, name a spec once that is given twice
    worlds = {spec: build_world(spec) for spec in given.world}
    for world in worlds.values():
        # a world that cannot be made is refused before anything is played
        world.episode(seed=given.seed, rounds=min(given.rounds or world.rounds, TRIED))
    return [
        Task(
            world=name,
            policy=policy,
            seed=number,
            rounds=given.rounds or world.rounds,
            floor=given.floor,
            holdout=given.holdout,
            together=given.together,
        )
        for name, world in worlds.items()
        for number in range(given.seed, given.seed + given.seeds)
        for policy in policies
    ]


def _print(given: Namespace, found: Sequence[Standing]) -> None:
    if given.json:
        print_json(as_json(found, level=given.level))
        return
    print_table(*table(found))
    for note in notes(found, level=given.level):
        print(note)


command = Command(
    name="simulate",
    help="Let policies learn in worlds whose truth is known: reward, regret, and share of the best possible.",
    example="slotwise simulate --world drifting --policy default thompson uniform --report drifting.html\n"
    "slotwise simulate --world csv:path=set.csv,label=class --policy linucb:alpha=0.1 linucb:alpha=1",
    configure=_configure,
    run=_run,
)

# SPDX-License-Identifier: Apache-2.0
"""`slotwise replay`: policies that learn, walked through a log; and a log under another catalogue."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bandit.commands import arguments
from bandit.commands.catalogue_file import read_catalogue
from bandit.commands.command import Command
from bandit.commands.terminal import print_json, print_table, progress
from bandit.core.catalogue import Placement
from bandit.errors import Invalid
from simulator.commands.answer_arguments import add_answers, add_policies, check_report, made_by
from simulator.commands.log_arguments import add_log, format_given, log_given
from simulator.commands.own_log import opened_log
from simulator.evaluation.as_table import notes as evaluation_notes
from simulator.evaluation.as_table import table
from simulator.evaluation.results import Model, Options
from simulator.evaluation.specs import build_estimators
from simulator.extras import optional
from simulator.replaying.as_json import as_json
from simulator.replaying.as_text import notes
from simulator.replaying.batch import Source
from simulator.replaying.catalogued import CataloguedSource, stage_of
from simulator.replaying.logged import LoggedSource, check_features, first_slots
from simulator.replaying.players import followers, walkers
from simulator.replaying.recorded import Recorded
from simulator.replaying.results import Replayed
from simulator.replaying.run import Player, replay
from simulator.replaying.survey import Survey
from simulator.targets.grid import expand_all
from simulator.targets.learning import parse_policy

PLAIN, MODELLED = ("snips",), ("snips", "dr")
LEARN = ("anew", "logged", "both")


def _configure(parser: ArgumentParser) -> None:
    add_log(parser, what="a file, a data directory of slotwise, or - for the standard input")
    add_policies(
        parser,
        what="linucb:alpha=0.5, grids: linucb:alpha=0.1|0.5|1; catalog: the policy of the catalogue",
    )
    parser.add_argument(
        "--catalog", type=Path, metavar="FILE", help="for slotwise's own logs: what if this had been applied"
    )
    parser.add_argument(
        "--learn",
        choices=LEARN,
        help="anew: from its own matches only; logged: from all that was logged, as the service did "
        "(default: anew; both with a catalogue)",
    )
    parser.add_argument(
        "--slots", choices=("every", "first"), default="every", help="which slots of a page (default: every)"
    )
    parser.add_argument(
        "--floor", type=float, default=0.0, metavar="P", help="least probability of an arm (default: 0)"
    )
    parser.add_argument(
        "--uniform", action="store_true", help="the log has no propensities: it chose uniformly at random"
    )
    parser.add_argument(
        "--acceptance",
        type=arguments.positive_float,
        metavar="C",
        help="see docs/replay.md (default: by the log)",
    )
    parser.add_argument(
        "--estimators", nargs="+", metavar="NAME", help="beside replay (default: snips; and dr with a model)"
    )
    parser.add_argument(
        "--reward-model", choices=("none", "linear", "boosted"), default="none", help="for dr"
    )
    parser.add_argument("--folds", type=arguments.positive_int, default=3, metavar="N", help="of that model")
    parser.add_argument(
        "--reward-range", nargs=2, type=float, metavar=("LOW", "HIGH"), help="default: what the log shows"
    )
    parser.add_argument("--seed", type=int, default=0, help="of all chance (default: 0)")
    add_answers(parser)


def _run(given: Namespace) -> int:
    check_report(given)
    if given.seed < 0:
        raise Invalid(f"seed: got {given.seed}; allowed 0 or more", field="seed")
    own = format_given(given) == "slotwise"
    if given.catalog is not None and not own:
        raise Invalid(
            f"catalog: got a log of format {format_given(given)}; allowed with slotwise's own",
            field="catalog",
        )
    changed = None if given.catalog is None else _changed(given)
    only = given.placement if changed is None else changed[0]
    with opened_log(given.log, placement=only, own=own) as (path, logged):
        placement = changed or logged
        if placement is None:
            source: Source = _logged(given, path)
            result = _answered(given, source, _specs(given, None))
        else:
            recorded, stage = Recorded.of(path, placement=placement[0]), stage_of(*placement)
            source = CataloguedSource(recorded, stage, first_only=given.slots == "first")
            result = _answered(given, source, _specs(given, stage.placement))
    _show(given, source, result)
    return 0


def _changed(given: Namespace) -> tuple[str, Placement]:
    """The placement of the catalogue's file that is meant."""
    catalogue = read_catalogue(given.catalog)
    name = given.placement or next(iter(catalogue), None)
    if name not in catalogue or (given.placement is None and len(catalogue) > 1):
        known = ", ".join(sorted(catalogue)) or "none"
        raise Invalid(f"placement: got {given.placement!r}; the catalogue has {known}", field="placement")
    return str(name), catalogue[str(name)]


def _specs(given: Namespace, placement: Placement | None) -> dict[str, dict[str, Any]]:
    texts = expand_all(given.policy) or (["catalog"] if placement is not None else [])
    if not texts:
        raise Invalid(
            "policy: got none; allowed one or more, such as --policy linucb:alpha=0.5", field="policy"
        )
    if placement is None and "catalog" in texts:
        raise Invalid(
            "policy: got 'catalog' without one; allowed with --catalog or a data directory", field="policy"
        )
    own = {} if placement is None else {"catalog": dict(placement.policy)}
    return {text: own[text] if text in own else parse_policy(text) for text in texts}


def _logged(given: Namespace, path: Path) -> LoggedSource:
    if given.learn not in (None, "anew"):
        raise Invalid(
            f"learn: got {given.learn!r}; allowed anew, and others for slotwise's own logs with --catalog",
            field="learn",
        )
    log = log_given(given, path=path)
    if given.slots == "first":
        log = first_slots(log)
    return LoggedSource.of(
        log, floor=given.floor, reward_range=_range(given), seed=given.seed, uniform=given.uniform
    )


def _answered(given: Namespace, source: Source, specs: dict[str, dict[str, Any]]) -> Replayed:
    own = isinstance(source, CataloguedSource)
    learn = given.learn or ("both" if own else "anew")
    players: list[Player] = []
    survey = source.survey if isinstance(source, LoggedSource) else Survey.of(source.log)
    acceptance = given.acceptance or survey.acceptance()
    for spec in specs.values():
        check_features(spec, features=own or survey.dimension > 1)
    if learn != "anew":
        players += followers(source, {f"{text} (as logged)": spec for text, spec in specs.items()})
    if learn != "logged":
        named = {f"{text} (anew)" if own else text: spec for text, spec in specs.items()}
        players += walkers(source, named, acceptance=acceptance, seed=given.seed)
    modelled = given.reward_model != "none"
    options = Options(
        estimators=build_estimators(given.estimators or (MODELLED if modelled else PLAIN), modelled=modelled),
        level=given.level,
        reward_range=_range(given),
        seed=given.seed,
    )
    with progress("replaying", total=source.log.count) as advance:
        done = 0

        def watch(rows: int) -> None:
            nonlocal done
            done += rows
            advance(done)

        evaluation, courses = replay(
            source, players, options=options, model=_model(given, source), watch=watch
        )
    asked = given.acceptance is not None
    return Replayed(evaluation, courses, acceptance, survey.uniform, given.seed, asked)


def _model(given: Namespace, source: Source) -> Model | None:
    if given.reward_model == "none":
        return None
    fitting = optional("simulator.evaluation.fitting", what="reward model")
    model: Model = fitting.fit_on(source.log, kind=given.reward_model, folds=given.folds, seed=given.seed)
    return model


def _range(given: Namespace) -> tuple[float, float] | None:
    return None if given.reward_range is None else (given.reward_range[0], given.reward_range[1])


def _show(given: Namespace, source: Source, result: Replayed) -> None:
    broken = [f"line {one.number}: {one.why}" for one in source.log.broken]
    if given.report is not None:
        report = optional("simulator.evaluation.report", what="report")
        pictures = optional("simulator.replaying.curves", what="report").curves(result)
        report.write_report(
            given.report,
            result.evaluation,
            title=given.log.name,
            made=made_by(given),
            more=pictures,
            said=notes(result),
        )
    if given.json:
        print_json(as_json(result, broken=broken))
        return
    print_table(*table(result.evaluation))
    lines: Sequence[str] = [*evaluation_notes(result.evaluation, broken=broken), *notes(result)]
    for line in lines:
        print(line)


command = Command(
    name="replay",
    help="Let policies learn through a log, or ask what another catalogue would have earned on it.",
    example="slotwise replay decisions.jsonl --policy thompson 'linucb:alpha=0.1|0.5'\n"
    "slotwise replay decisions.jsonl --catalog changed.yaml --placement home-hero",
    configure=_configure,
    run=_run,
)

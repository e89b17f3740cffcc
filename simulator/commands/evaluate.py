# SPDX-License-Identifier: Apache-2.0
"""`slotwise evaluate`: what other policies would have earned on a log, or why the log cannot tell."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from bandit.commands import arguments
from bandit.commands.command import Command
from bandit.commands.terminal import Advance, print_json, print_table, progress
from bandit.errors import Invalid
from simulator.commands.answer_arguments import (
    add_answers,
    add_crew,
    add_policies,
    check_report,
    made_by,
    share,
)
from simulator.commands.log_arguments import add_log, format_given, log_given
from simulator.commands.own_log import opened_log
from simulator.evaluation.as_json import as_json
from simulator.evaluation.as_table import notes, table
from simulator.evaluation.results import Evaluation, Learning, Model, Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.slates import evaluate_slates
from simulator.evaluation.specs import build_estimators
from simulator.extras import optional
from simulator.logs.arm_features import with_arm_features
from simulator.logs.columns import Mapped
from simulator.logs.decision_json import kind_of
from simulator.logs.exported import read_exported_pages
from simulator.logs.open_bandit import MAPPED as OPEN_BANDIT
from simulator.logs.pages import SlateLog
from simulator.logs.rows import BrokenLine, Log
from simulator.logs.slate_json import read_slate_json
from simulator.partitioning.crew import Crew
from simulator.partitioning.executors import crew_of
from simulator.targets import build_target
from simulator.targets.policy import TargetPolicy
from simulator.training.space import Space, spaces
from simulator.training.targets import learns, needs_model

PLAIN = ("ips", "snips")
MODELLED = ("ips", "snips", "direct_method", "dr")


def _configure(parser: ArgumentParser) -> None:
    add_log(
        parser,
        what="a file, a data directory, a folder of the Open Bandit Dataset, or - (standard input)",
    )
    parser.add_argument(
        "--pages", action="store_true", help="take slotwise's own log as pages, not slot by slot"
    )
    parser.add_argument(
        "--arm-features",
        metavar="FILE[:COLUMNS]",
        help="a CSV with a row an arm, for marginalised_ips; which columns are its features (default: all)",
    )
    add_policies(
        parser,
        what="uniform, logged, fixed:arm=A, column:name=N, table:file=F, greedy:epsilon=0.1, or one of the "
        "service's, which learns first: linucb:alpha=0.1|0.5",
    )
    parser.add_argument(
        "--estimators",
        nargs="+",
        metavar="NAME",
        help="such as snips clipped_ips:limit=5 tuned:kind=dros (default: ips snips; dr with a model)",
    )
    parser.add_argument(
        "--reward-model",
        choices=("none", "linear", "boosted"),
        default="none",
        help="for direct_method and dr",
    )
    parser.add_argument(
        "--folds", type=arguments.positive_int, default=3, metavar="N", help="of the reward model"
    )
    parser.add_argument(
        "--reward-range", nargs=2, type=float, metavar=("LOW", "HIGH"), help="default: what the log shows"
    )
    parser.add_argument(
        "--weight-max", type=arguments.positive_float, metavar="W", help="largest weight possible"
    )
    parser.add_argument(
        "--bootstrap", type=int, default=0, metavar="N", help="bootstrap intervals, N resamples"
    )
    parser.add_argument(
        "--sequence", action="store_true", help="bounds that hold at all times, for loggers that learn"
    )
    add_crew(parser, what="let the workers of this scheduler read the log")
    parser.add_argument(
        "--tune",
        type=arguments.positive_int,
        metavar="N",
        help="search settings written as a|b or low..high, N candidates each, on the first part of the log",
    )
    parser.add_argument(
        "--train-share",
        type=share,
        default=0.5,
        metavar="S",
        help="how much of the log, by time, policies learn from where there are such (default: 0.5)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of folds and resamples (default: 0)")
    parser.add_argument("--png", type=Path, metavar="DIR", help="write every picture as a PNG into a folder")
    add_answers(parser)


def _run(given: Namespace) -> int:
    if not given.policy:
        raise Invalid("policy: got none; allowed one or more, such as --policy uniform")
    check_report(given)
    own = format_given(given) == "slotwise"
    with opened_log(given.log, placement=given.placement, own=own) as (path, _):
        result, broken = _answered(given, path)
    lines = [f"line {one.number}: {one.why}" for one in broken]
    if given.report is not None:
        _write_report(given, result)
    if given.png is not None:
        optional("simulator.evaluation.pictures", what="report").write_pictures(given.png, result)
    if given.json:
        print_json(as_json(result, broken=lines))
        return 0
    print_table(*table(result))
    for note in notes(result, broken=lines):
        print(note)
    return 0


def _answered(given: Namespace, path: Path) -> tuple[Evaluation, Sequence[BrokenLine]]:
    """The answers about the log in a file, and the lines that could not be read."""
    pages = _pages(given, path)
    if pages is not None:
        _check_page_options(given)
        result = evaluate_slates(
            pages,
            given.policy,
            estimators=given.estimators or (),
            level=given.level,
            reward_range=_reward_range(given),
        )
        return result, pages.broken
    log = log_given(given, path=path)
    kind = format_given(given)
    if given.arm_features is not None:
        named = OPEN_BANDIT if kind == "obd" else Mapped.parse(given.columns)
        log = with_arm_features(log, given.arm_features, arm_column=named.action)
    unit = "slot" if kind == "slotwise" else "decision"
    return replace(_evaluate(given, log), unit=unit), log.broken


def _pages(given: Namespace, path: Path) -> SlateLog | None:
    """The log as pages, where it holds such or is to be taken so."""
    kind = format_given(given)
    if given.pages and kind not in ("slotwise", "dsjson"):
        raise Invalid(f"pages: got format {kind}; allowed with slotwise and dsjson", field="pages")
    if not path.is_file():
        return None
    if kind == "slotwise" and given.pages:
        return read_exported_pages(path, placement=given.placement)
    if kind == "dsjson" and (given.pages or kind_of(path) != "cb"):
        return read_slate_json(path)
    return None


def _check_page_options(given: Namespace) -> None:
    """Refuse what is for single slots only, rather than leave it out without a word."""
    unset = {"reward_model": "none", "weight_max": None, "bootstrap": 0, "sequence": False, "tune": None}
    for name, nothing in {**unset, "arm_features": None}.items():
        if (got := getattr(given, name)) != nothing:
            option = name.replace("_", "-")
            raise Invalid(f"{option}: got {got} with pages; allowed only for single slots", field=name)


def _reward_range(given: Namespace) -> tuple[float, float] | None:
    return None if given.reward_range is None else (given.reward_range[0], given.reward_range[1])


def _evaluate(given: Namespace, log: Log) -> Evaluation:
    modelled = given.reward_model != "none"
    policies = spaces(given.policy, tune=given.tune is not None)
    if not modelled and any(needs_model(one.example) for one in policies):
        raise Invalid("policy greedy: got no reward model; allowed with --reward-model linear or boosted")
    options = Options(
        estimators=build_estimators(given.estimators or (MODELLED if modelled else PLAIN), modelled=modelled),
        level=given.level,
        reward_range=_reward_range(given),
        weight_max=given.weight_max,
        bootstrap=given.bootstrap,
        sequence=given.sequence,
        seed=given.seed,
    )
    with crew_of(workers=given.workers, dask=given.dask) as crew:
        targets, log, learning = _prepared(given, policies, log, options, crew)
        with progress("evaluating", total=log.count) as advance:
            model, earlier = _models(given, log, crew)
            watch = _counting(advance)
            result = evaluate(
                log, targets, options=options, model=model, earlier=earlier, crew=crew, watch=watch
            )
    return replace(result, learning=learning)


def _prepared(
    given: Namespace, policies: Sequence[Space], log: Log, options: Options, crew: Crew
) -> tuple[list[TargetPolicy], Log, Learning | None]:
    """The policies, and what is left of the log when they have learned."""
    if given.tune is None and not any(learns(one.text) for one in policies):
        return [build_target(one.text) for one in policies], log, None
    lesson = optional("simulator.training.lesson", what="policies that learn").Lesson
    open_ones = sum(bool(one.open) for one in policies)
    with progress("searching", total=(given.tune or 0) * open_ones) as advance:
        done: tuple[list[TargetPolicy], Log, Learning] = lesson(
            options=options,
            share=given.train_share,
            trials=given.tune or 0,
            seed=given.seed,
            fit=_fit_for_others(given),
            crew=crew,
            watch=_counting(advance),
        ).give(policies, log)
    return done


def _counting(advance: Advance) -> Callable[[int], None]:
    """Something to be told how much more is done, for a bar that wants to know how much in all."""
    done = 0

    def watch(more: int) -> None:
        nonlocal done
        done += more
        advance(done)

    return watch


def _fit_for_others(given: Namespace) -> Callable[[Log], Model] | None:
    if given.reward_model == "none":
        return None
    fit = optional("simulator.evaluation.fitting", what="reward model").fit_for_others
    return partial(fit, kind=given.reward_model, folds=given.folds, seed=given.seed)


def _models(given: Namespace, log: Log, crew: Crew) -> tuple[Model | None, Model | None]:
    """The cross-fitted model, and for confidence sequences the one of earlier rows."""
    if given.reward_model == "none":
        return None, None
    fitting = optional("simulator.evaluation.fitting", what="reward model")
    how = {"kind": given.reward_model, "folds": given.folds, "seed": given.seed, "arms": len(log.arms)}
    rows = fitting.sample(log, crew=crew)
    model: Model = fitting.cross_fitted(rows, **how)
    if not given.sequence or given.reward_range is None:
        return model, None
    earlier: Model = fitting.progressive(rows, **how, reward_range=tuple(given.reward_range))
    return model, earlier


def _write_report(given: Namespace, result: Evaluation) -> None:
    report = optional("simulator.evaluation.report", what="report")
    report.write_report(given.report, result, title=given.log.name, made=made_by(given))


command = Command(
    name="evaluate",
    help="Say what other policies would have earned on a decision log, or that the log cannot tell.",
    example="slotwise evaluate decisions.jsonl --policy uniform\n"
    "slotwise evaluate log.csv --format csv --columns action=item,propensity=p --policy fixed:arm=a uniform",
    configure=_configure,
    run=_run,
)

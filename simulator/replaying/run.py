# SPDX-License-Identifier: Apache-2.0
"""Reads a log once, in order, while every policy walks through it, and answers for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from bandit.errors import Invalid
from simulator.evaluation.answers import Finish
from simulator.evaluation.logged import LoggedSums
from simulator.evaluation.results import Answer, Evaluation, Model, Options, PolicyResult
from simulator.evaluation.tally import Tally
from simulator.logs.check import LogCheck
from simulator.logs.partition import Target
from simulator.replaying.batch import Batch, Source
from simulator.replaying.matches import Matches, with_closed, with_lost, with_matches
from simulator.replaying.results import Course
from simulator.replaying.walker import Played
from simulator.targets.simple import Logged


class Player(Protocol):
    """A policy that goes through a log in order; see `walker` and `follower`."""

    label: str

    def play(self, batch: Batch) -> Played:
        """Its probabilities on the next rows, and which of them it learned from."""
        ...

    def course(self, matches: Matches) -> Course:
        """How it went."""
        ...


def replay(
    source: Source,
    players: Sequence[Player],
    *,
    options: Options,
    model: Model | None = None,
    watch: Callable[[int], None] | None = None,
) -> tuple[Evaluation, tuple[Course, ...]]:
    """Walk every policy through the log at once.

    Args:
        source: the log.
        players: new ones, which remember where they are.
        options: how to answer.
        model: a reward model's values of all arms, cross-fitted.
        watch: told after each batch how many rows were read.

    Raises:
        Invalid: no row can be used, or an estimator needs what there is not.
    """
    arms = source.log.arms
    check, earned = LogCheck(arms=len(arms)), LoggedSums()
    tallies = [Tally.of(Logged(player.label), options, modelled=model is not None) for player in players]
    matches = [Matches() for _ in players]
    for every in source.batches():
        whole = every.numbered()
        batch = whole.kept(check.add(whole.rows))
        if watch is not None:
            watch(len(whole.rows))
        if not len(batch.rows):
            continue
        logged = batch.rows.partition()
        q = None if model is None else model(batch.rows)
        earned.add(logged, q=q)
        for player, tally, its in zip(players, tallies, matches, strict=True):
            played = player.play(batch)
            tally.add(logged, Target.of(logged, played.p, q=q), weighted=True)
            if played.accepted is not None:
                its.add(logged, played.accepted)
    if not check.used:
        raise Invalid(f"log: got no row that can be used out of {check.rows}", field="log")
    span = earned.reward_range(options.reward_range)
    finish = Finish(options, span, arms, earned, 1 - check.used / check.rows)
    courses = tuple(player.course(its) for player, its in zip(players, matches, strict=True))
    results = tuple(
        _result(finish, tally, its, course)
        for tally, its, course in zip(tallies, matches, courses, strict=True)
    )
    evaluation = Evaluation(
        rows=check.rows,
        used=check.used,
        findings=(*source.log.findings, *check.findings()),
        arms=arms,
        reward_range=span,
        range_observed=options.reward_range is None,
        logged=finish.logger_answer(),
        clicks=earned.clicks,
        policies=results,
    )
    return evaluation, courses


def _result(finish: Finish, tally: Tally, matches: Matches, course: Course) -> PolicyResult:
    result = finish.result(tally)
    if result.diagnosis is None:
        return result
    closed = course.closed / result.diagnosis.rows
    if course.matches is None:
        return replace(result, answers=_closed(result.answers, closed))
    first = matches.answer(
        result.diagnosis,
        lost=course.lost,
        logger=finish.logged.earned,
        reward_range=finish.span,
        level=finish.options.level,
        arms=finish.arms,
    )
    others = [
        replace(answer, verdict=with_matches(with_lost(answer.verdict, course.lost), course.matches))
        for answer in result.answers
    ]
    return replace(result, answers=_closed((first, *others), closed))


def _closed(answers: Sequence[Answer], closed: float) -> tuple[Answer, ...]:
    return tuple(replace(answer, verdict=with_closed(answer.verdict, closed)) for answer in answers)

# SPDX-License-Identifier: Apache-2.0
"""From a walk through a log to answers: matches, weighted estimates, intervals and verdicts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.evaluation.fitting import fit_on
from simulator.evaluation.results import Answer, Evaluation, Options
from simulator.evaluation.specs import build_estimators
from simulator.logs.rows import Log
from simulator.replaying.logged import LoggedSource, check_features, first_slots
from simulator.replaying.players import walkers
from simulator.replaying.results import Course
from simulator.replaying.run import replay

RATES = np.array([0.2, 0.5, 0.3])


def run(
    log: Log, *kinds: str, acceptance: float | None = None, modelled: bool = False, seed: int = 0
) -> tuple[Evaluation, tuple[Course, ...]]:
    """Replay policies with their defaults."""
    source = LoggedSource.of(log, reward_range=(0, 1), seed=seed)
    specs = {kind: {"kind": kind} for kind in kinds}
    players = walkers(source, specs, acceptance=acceptance or source.survey.acceptance(), seed=seed)
    names = ["snips", "dr"] if modelled else ["snips"]
    options = Options(estimators=build_estimators(names, modelled=modelled), reward_range=(0.0, 1.0))
    return replay(source, players, options=options, model=fit_on(log) if modelled else None)


def answers(result: Evaluation, label: str) -> dict[str, Answer]:
    """The answers about a policy by estimator."""
    (policy,) = [one for one in result.policies if one.label == label]
    return {answer.estimator: answer for answer in policy.answers}


def value(answer: Answer) -> float:
    """The number of an answer."""
    assert answer.estimate is not None
    return answer.estimate.value


def test_on_a_uniform_log_a_policy_without_chance_is_replayed_as_li_et_al_do(make_log: Any) -> None:
    """Matches are the rows with weight, so their mean is what weighing gives, and all matches count."""
    result, (course,) = run(make_log(RATES, np.full(3, 1 / 3), rows=900, seed=1), "fixed")
    both = answers(result, "fixed")
    assert value(both["replay"]) == pytest.approx(value(both["snips"]), abs=1e-12)
    assert course.matches == 900 - round(900 * _share_of_zero(result))
    assert course.curve[-1].mean == pytest.approx(value(both["replay"]), abs=1e-12)
    assert course.curve[-1].matches == course.matches


def _share_of_zero(result: Evaluation) -> float:
    diagnosis = result.policies[0].diagnosis
    assert diagnosis is not None
    return diagnosis.zero_rows


def test_curves_grow_to_the_whole(make_log: Any) -> None:
    """Points of a curve move on in rows and matches, and their recent means add up to the last mean."""
    _, (course,) = run(make_log(RATES, np.full(3, 1 / 3), rows=1500, seed=2), "linucb")
    rows = [point.row for point in course.curve]
    matches = [0, *(point.matches for point in course.curve)]
    assert len(course.curve) == 100
    assert rows == sorted(rows)
    total = sum(
        point.recent * (now - then)
        for point, then, now in zip(course.curve, matches, matches[1:], strict=False)
    )
    assert total / matches[-1] == pytest.approx(course.curve[-1].mean, abs=1e-12)


@pytest.mark.parametrize("vector", [np.full(3, 1 / 3), np.array([0.6, 0.1, 0.3])])
def test_intervals_contain_what_a_steady_policy_is_worth(make_log: Any, vector: Any) -> None:
    """Uniform and fixed policies have a known value; every estimator's interval holds it."""
    log = make_log(RATES, vector, rows=4000, seed=3, context=0)
    result, _ = run(log, "uniform", "fixed", modelled=True)
    for label, truth in (("uniform", RATES.mean()), ("fixed", RATES[0])):
        for answer in answers(result, label).values():
            assert answer.interval is not None
            assert answer.interval.low < truth < answer.interval.high
            assert answer.verdict.word == "trust"


def test_a_learner_beats_the_uniform_logger_and_more_rows_say_so_better(make_log: Any) -> None:
    """Weighing uses all rows, so its interval is narrower than that of the matches."""
    result, _ = run(make_log(RATES, np.full(3, 1 / 3), rows=3000, seed=4), "thompson")
    both = answers(result, "thompson")
    intervals = [both[name].interval for name in ("replay", "snips")]
    widths = [one.high - one.low for one in intervals if one is not None]
    assert widths[1] < widths[0]
    lift = both["snips"].lift
    assert lift is not None
    assert lift.low > 0


def test_few_matches_cannot_tell(make_log: Any) -> None:
    """With fewer than thirty matches the replay says that it cannot tell, and what the others rest on."""
    result, (course,) = run(make_log(RATES, np.full(3, 1 / 3), rows=60, seed=5), "linucb")
    both = answers(result, "linucb")
    assert course.matches is not None
    assert course.matches < 30
    assert both["replay"].verdict.word == "cannot tell"
    assert any("fewer than 30" in reason for reason in both["replay"].verdict.reasons)
    assert (
        f"it is about a policy that had {course.matches} rows to learn from" in both["snips"].verdict.reasons
    )


def test_choices_that_the_log_makes_too_rarely_cannot_be_replayed(make_log: Any) -> None:
    """When more than a tenth of a policy's choices is lost, no word of it is trusted."""
    log = make_log(RATES, np.array([0.02, 0.49, 0.49]), rows=6000, seed=6)
    result, (course,) = run(log, "fixed", acceptance=0.4)
    assert course.lost > 0.5
    for answer in answers(result, "fixed").values():
        assert answer.verdict.word == "cannot tell"
        assert "too rare in the log" in " ".join(answer.verdict.reasons)


def test_rows_that_fail_the_check_teach_nothing(make_log: Any) -> None:
    """A broken row is left out for all, and the others are as they would be without it."""
    log = make_log(RATES, np.full(3, 1 / 3), rows=400, seed=7)
    (rows,) = log.batches()
    broken = replace(rows, propensity=np.where(np.arange(400) % 10 == 3, 0.0, 1 / 3), probabilities=None)
    sound = broken.where(np.arange(400) % 10 != 3)
    with_faults, _ = run(replace(log, batches=lambda: iter([broken])), "fixed")
    without, _ = run(replace(log, batches=lambda: iter([sound])), "fixed")
    assert (with_faults.rows, with_faults.used) == (400, 360)
    assert value(answers(with_faults, "fixed")["snips"]) == value(answers(without, "fixed")["snips"])


def test_a_log_without_propensities_needs_a_word_that_it_was_uniform(make_log: Any) -> None:
    """With that word it is replayed as a uniform log; without, it is refused."""
    log = make_log(RATES, np.full(3, 1 / 3), rows=300, seed=8)
    (rows,) = log.batches()
    bare = replace(log, batches=lambda: iter([replace(rows, propensity=None, probabilities=None)]))
    with pytest.raises(Invalid, match=r"propensity: got a log without propensities; .*--uniform"):
        LoggedSource.of(bare)
    source = LoggedSource.of(bare, uniform=True)
    assert source.survey.uniform
    assert source.survey.acceptance() == pytest.approx(1 / 3)


def test_features_of_any_size_become_vectors_within_one(make_log: Any) -> None:
    """Columns are scaled by their range, and vectors are exact counts."""
    log = make_log(RATES, np.full(3, 1 / 3), rows=200, seed=9)
    (rows,) = log.batches()
    assert rows.context is not None
    wide = replace(rows, context=rows.context * 1000 + 5000)
    (plain,) = LoggedSource.of(log).batches()
    (scaled,) = LoggedSource.of(replace(log, batches=lambda: iter([wide]))).batches()
    np.testing.assert_array_equal(plain.x, scaled.x)
    assert np.abs(scaled.x).max() == 1024


def test_policies_that_learn_from_features_are_refused_without(make_log: Any) -> None:
    """The line names those that can do without."""
    with pytest.raises(Invalid, match=r"policy linucb: got a log without features; .*beta_thompson"):
        check_features({"kind": "linucb"}, features=False)
    check_features({"kind": "ucb1"}, features=False)


def test_first_slots_are_a_log_of_their_own(make_log: Any) -> None:
    """Only slot 0 is left, numbered without gaps."""
    log = make_log(RATES, np.full(3, 1 / 3), rows=10, seed=9)
    (rows,) = log.batches()
    paged = replace(rows, position=np.arange(10) % 3)
    halves = [paged.take(slice(0, 5)), paged.take(slice(5, 10))]
    first = first_slots(replace(log, batches=lambda: iter(halves)))
    assert [(batch.start, len(batch)) for batch in first.batches()] == [(0, 2), (2, 2)]
    assert first.count == 4

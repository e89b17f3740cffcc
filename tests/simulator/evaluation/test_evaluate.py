# SPDX-License-Identifier: Apache-2.0
"""From a log and policies to answers, on a world whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.evaluation.as_json import as_json
from simulator.evaluation.as_table import notes, table
from simulator.evaluation.fitting import fit_on
from simulator.evaluation.results import Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.logs.rows import Log, Rows, in_batches
from simulator.targets import build_target

N = 6000
MEANS = np.array([[0.2, 0.4, 0.6], [0.7, 0.3, 0.2]])


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Two contexts, three arms, a logger that prefers the first arm; clicks as in MEANS."""
    g = np.random.default_rng(12)
    x = g.integers(0, 2, N)
    vectors = np.where(np.arange(3) == 0, 0.6, 0.2) * np.ones((N, 1))
    action = (g.random(N)[:, None] > vectors.cumsum(axis=1)).sum(axis=1)
    return Rows(
        reward=(g.random(N) < MEANS[x, action]).astype(float),
        action=action,
        propensity=vectors[np.arange(N), action],
        probabilities=vectors,
        context=np.eye(2)[x],
        identity=np.arange(N).astype(np.str_),
        policies={"half": np.full(N, 0.5)},
    )


def log_of(rows: Rows, size: int = 1000) -> Log:
    """A log in batches."""

    def batches() -> Iterator[Rows]:
        return in_batches(rows, size=size)

    return Log(("a", "b", "c"), ("x0", "x1"), batches, count=len(rows))


def options(*names: str, modelled: bool = False, **more: Any) -> Options:
    """Options for estimators by name."""
    return Options(estimators=build_estimators(names, modelled=modelled), reward_range=(0.0, 1.0), **more)


def answers(log: Log, policy: str, given: Options, **more: Any) -> Any:
    """Answers about one policy by estimator."""
    result = evaluate(log, [build_target(policy)], options=given, **more)
    return {answer.estimator: answer for answer in result.policies[0].answers}


@pytest.mark.parametrize(("policy", "truth"), [("uniform", MEANS.mean()), ("fixed:arm=c", 0.4)])
def test_values_lie_within_their_intervals(rows: Rows, policy: str, truth: float) -> None:
    """Every unbiased estimator's interval contains the truth and its own estimate."""
    log = log_of(rows)
    model = fit_on(log)
    names = ("ips", "snips", "dr", "sndr", "cressie_read", "empirical_likelihood")
    found = answers(log, policy, options(*names, modelled=True), model=model)
    for answer in found.values():
        assert answer.interval.low < truth < answer.interval.high
        assert answer.interval.low <= answer.estimate.value <= answer.interval.high
        assert answer.verdict.word == "trust"


def test_greedy_by_a_cross_fitted_model(rows: Rows) -> None:
    """The policy that follows a flexible reward model is worth the best arm of each context."""
    log = log_of(rows)
    model = fit_on(log, kind="boosted")
    found = answers(log, "greedy", options("dr", "direct_method", modelled=True), model=model)
    assert found["dr"].estimate.value == pytest.approx(0.65, abs=0.04)
    assert found["dr"].lift.low > 0.1
    assert found["direct_method"].verdict.word == "caution"


def test_the_logger_is_worth_what_it_earned(rows: Rows) -> None:
    """Evaluated on its own log the logger gets its mean, and no lift."""
    found = answers(log_of(rows), "logged", options("ips", "snips"))
    assert found["ips"].estimate.value == pytest.approx(rows.reward.mean(), abs=1e-12)
    assert found["ips"].lift.value == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("size", [1, 77, N])
def test_batches_do_not_matter(rows: Rows, size: int) -> None:
    """Values are those of one batch, whatever the batches."""
    part = rows.take(slice(0, 500))
    names = ("ips", "snips")
    one, other = (answers(log_of(part, s), "uniform", options(*names)) for s in (size, 500))
    for name in names:
        assert one[name].estimate.value == pytest.approx(other[name].estimate.value, abs=1e-12)
        assert one[name].interval.high == pytest.approx(other[name].interval.high, abs=1e-9)


def test_an_estimator_that_cannot_answer_says_why(rows: Rows) -> None:
    """Where a policy is known only for shown arms, doubly robust estimates refuse; the others answer."""
    log = log_of(rows)
    given = options("snips", "dr", modelled=True)
    found = answers(log, "column:name=half", given, model=fit_on(log))
    assert found["snips"].estimate is not None
    assert found["dr"].estimate is None
    assert found["dr"].verdict.word == "cannot tell"
    assert "only the probability of the shown arm is known" in found["dr"].verdict.reasons[0]


def test_without_propensities_only_what_needs_none(rows: Rows) -> None:
    """A log without propensities refuses weighting estimators, saying what is possible."""
    bare = log_of(replace(rows, propensity=None, probabilities=None))
    with pytest.raises(Invalid, match="without propensities; allowed without them: on_policy, direct_method"):
        answers(bare, "uniform", options("ips"))
    given = options("direct_method", modelled=True)
    found = answers(bare, "uniform", given, model=fit_on(bare))
    assert found["direct_method"].verdict.word == "caution"
    assert "no propensities" in found["direct_method"].verdict.reasons[0]


def test_one_heavy_row_cannot_tell_everywhere(rows: Rows) -> None:
    """The verdict reaches the table, the notes and the JSON."""
    propensity = rows.propensity.copy()
    propensity[123] = 1e-6
    heavy = log_of(replace(rows, propensity=propensity, probabilities=None))
    result = evaluate(heavy, [build_target("uniform")], options=options("snips"))
    assert table(result)[1][1][-1] == "cannot tell"
    assert any("one row (row 123) holds" in note for note in notes(result))
    (policy,) = as_json(result)["policies"]
    assert policy["estimates"][0]["verdict"] == "cannot tell"
    assert (policy["estimates"][0]["low"], policy["estimates"][0]["high"]) == (0.0, 1.0)


def test_balanced_weights_are_judged_by_themselves(rows: Rows) -> None:
    """A row that one logger hardly ever shows is no trouble where another one shows it often."""
    propensity = rows.propensity.copy()
    propensity[123] = 1e-6
    two = replace(rows, propensity=propensity, probabilities=None, mixture=np.full(N, 1 / 3))
    found = answers(log_of(two), "uniform", options("ips", "balanced_ips"))
    assert found["ips"].verdict.word == "cannot tell"
    assert found["balanced_ips"].verdict.word == "trust"
    assert found["balanced_ips"].estimate.value == pytest.approx(rows.reward.mean(), abs=1e-12)


def test_rows_that_cannot_be_used_are_left_out_and_said(rows: Rows) -> None:
    """Broken rows are dropped with a finding; many of them turn trust into caution."""
    reward = rows.reward.copy()
    reward[:300] = np.nan
    result = evaluate(
        log_of(replace(rows, reward=reward)), [build_target("uniform")], options=options("snips")
    )
    assert (result.rows, result.used) == (N, N - 300)
    assert result.findings[0].name == "missing reward"
    assert result.policies[0].answers[0].verdict.reasons == ("5.0% of the rows could not be used",)


def test_bootstrap_and_sequence(rows: Rows) -> None:
    """Bootstrap intervals replace the usual ones; the sequence contains the truth and is traced."""
    given = options("snips", bootstrap=500, sequence=True)
    result = evaluate(log_of(rows), [build_target("uniform")], options=given)
    (policy,) = result.policies
    assert policy.sequence is not None
    assert policy.sequence.low < MEANS.mean() < policy.sequence.high
    assert policy.trace[-1][0] == N - 1
    interval = policy.answers[0].interval
    assert interval is not None
    assert interval.low < MEANS.mean() < interval.high


@pytest.mark.parametrize(
    ("span", "message"),
    [((0.0, 0.5), "reward: got 0 to 1; allowed 0 to 0.5")],
)
def test_rewards_outside_their_range_are_refused(rows: Rows, span: tuple[float, float], message: str) -> None:
    """Intervals would be wrong if rewards could lie outside the range that was given."""
    given = replace(options("snips"), reward_range=span)
    with pytest.raises(Invalid, match=message):
        evaluate(log_of(rows), [build_target("uniform")], options=given)


def test_nothing_left(rows: Rows) -> None:
    """A log of which no row can be used is refused with the reasons."""
    broken = replace(rows, reward=np.full(N, np.nan))
    with pytest.raises(Invalid, match="no row that can be used out of 6000: 6000 with missing reward"):
        evaluate(log_of(broken), [build_target("uniform")], options=options("snips"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("magic", "estimator: got 'magic'; allowed"),
        ("snips:limit=3", "snips: got 'limit'; allowed no settings"),
        ("clipped_ips:limit=x", "limit: got 'x'; allowed a number"),
        ("clipped_ips:limit=-1", "limit: got -1.0; allowed more than 0"),
        ("clipped_ips:limit", "clipped_ips: got 'limit'; allowed name=value"),
        ("dr", "dr: got no reward model; allowed only with one"),
        ("tuned", "tuned: got no kind; allowed"),
        ("tuned:kind=dr", "tune: got 'dr'; allowed"),
        ("tuned:speed=3", "tuned: got 'speed'; allowed kind, rule"),
    ],
)
def test_estimators_that_do_not_exist(text: str, message: str) -> None:
    """Estimators are refused before the log is read."""
    with pytest.raises(Invalid, match=message):
        build_estimators([text], modelled=False)

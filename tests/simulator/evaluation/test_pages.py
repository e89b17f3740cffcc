# SPDX-License-Identifier: Apache-2.0
"""Whole pages are read with the bounds and the verdicts of single slots."""

from __future__ import annotations

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.evaluation.slates import evaluate_slates
from simulator.logs.pages import Page, SlateLog
from simulator.slates import SLATE_ESTIMATORS

ARMS = ("a", "b", "c")


def pages(n: int, *, clicks: float, value: float = 1.0, seed: int = 1) -> SlateLog:
    """Pages of two slots, drawn uniformly without replacement, each slot clicked alike."""
    rng, shown = np.random.default_rng(seed), []
    for _ in range(n):
        first, second, third = (ARMS[i] for i in rng.permutation(3))
        slots = ((first, second, third), (second, third))
        rewards = (rng.random(2) < clicks) * value
        shown.append(Page(slots, (1 / 3, 1 / 2), (float(rewards[0]), float(rewards[1]))))
    return SlateLog("ccb", tuple(shown), (), 0)


def test_pages_without_a_click_are_not_worth_exactly_nothing() -> None:
    """30 pages without a click allow for some: an interval with room above 0, and a verdict that doubts."""
    result = evaluate_slates(pages(30, clicks=0.0), ["uniform", "ranking:arms=a+b"])
    assert result.reward_range == (0.0, 1.0)
    for answer in (result.logged, *result.policies[0].answers, *result.policies[1].answers):
        assert answer.estimate is not None
        assert answer.interval is not None
        assert answer.interval.low == 0.0
        assert answer.interval.high > 0.05
        assert answer.verdict.word != "trust"


@pytest.mark.parametrize("policy", ["uniform", "ranking:arms=c+a+b", "ranking:arms=a,epsilon=0.3"])
def test_bounds_of_pages_stay_within_what_a_page_can_earn(policy: str) -> None:
    """Rewards of 0 to 3 a slot: no bound below 0 or above what a page can be."""
    result = evaluate_slates(pages(80, clicks=0.02, value=3.0), [policy], reward_range=(0.0, 6.0))
    for answer in result.policies[0].answers:
        assert answer.estimate is not None
        assert answer.interval is not None
        assert 0.0 <= answer.interval.low <= answer.estimate.value <= answer.interval.high <= 6.0


def test_a_reward_outside_the_range_that_was_given_is_refused() -> None:
    """A page may earn as much as its slots together."""
    with pytest.raises(Invalid, match="reward: got 0 to 6; allowed 0 to 3"):
        evaluate_slates(pages(50, clicks=0.5, value=3.0), ["uniform"], reward_range=(0.0, 3.0))


def test_pages_left_out_count_against_the_verdict() -> None:
    """Many pages that cannot be used turn trust into caution, as with rows."""
    log = pages(2_000, clicks=0.3)
    clean = evaluate_slates(log, ["uniform"])
    torn = evaluate_slates(SlateLog(log.kind, log.shown, (), dropped=100), ["uniform"])
    assert clean.logged.verdict.word == "trust"
    assert torn.logged.verdict.reasons == ("4.8% of the rows could not be used",)


def test_intervals_of_pages_hold_the_truth() -> None:
    """Of 200 logs about 95 of 100 intervals hold what a page is worth, for every estimator."""
    names = [name for name, kind in SLATE_ESTIMATORS.items() if kind.needs <= {"joint", "cascade"}]
    held = dict.fromkeys(names, 0)
    for seed in range(200):
        result = evaluate_slates(
            pages(150, clicks=0.2, seed=seed), ["ranking:arms=a,epsilon=0.5"], estimators=names
        )
        for answer in result.policies[0].answers:
            assert answer.interval is not None
            held[answer.estimator] += answer.interval.low <= 0.4 <= answer.interval.high
    assert all(count >= 184 for count in held.values()), held

# SPDX-License-Identifier: Apache-2.0
"""The first part of a log searches settings and teaches; only the rest judges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from simulator.evaluation.fitting import fit_for_others
from simulator.evaluation.results import Options
from simulator.evaluation.specs import build_estimators
from simulator.logs.rows import Log
from simulator.training.lesson import Lesson
from simulator.training.search import search
from simulator.training.space import Space, spaces
from simulator.training.trained import Trained, train

OPTIONS = Options(estimators=build_estimators(["snips"], modelled=False), reward_range=(0.0, 1.0))


def lesson(**settings: object) -> Lesson:
    """A lesson of half the log with eight candidates."""
    return Lesson(**{"options": OPTIONS, "share": 0.5, "trials": 8, **settings})  # type: ignore[arg-type]


def test_a_search_finds_what_is_better(log: Log) -> None:
    """A temperature near 0 earns most in this world, and the search finds one."""
    (found,) = search(
        [Space.parse("softmax:tau=0.01..10")], log, trials=15, options=OPTIONS, fit=None, seed=3
    )
    assert float(found.spec.removeprefix("softmax:tau=")) < 0.2
    scores = [one.score for one in found.tried]
    assert scores == sorted(scores, reverse=True)
    assert found.tried[0].spec == found.spec


def test_the_same_seed_tries_the_same(log: Log) -> None:
    """A search is a function of the log and its seed."""
    space = Space.parse("softmax:tau=0.01..10")
    one, same, other = (
        search([space], log, trials=5, options=OPTIONS, fit=None, seed=seed) for seed in (1, 1, 2)
    )
    assert one == same
    assert {tried.spec for tried in one[0].tried} != {tried.spec for tried in other[0].tried}


def test_choices_are_tried_once_each(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """A candidate that comes again is not read through the log again."""
    trained = []

    def counted(text: str, *given: object, **settings: object) -> Trained:
        trained.append(text)
        return train(text, *given, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr("simulator.training.search.train", counted)
    (found,) = search([Space.parse("linucb:alpha=0|0.1")], log, trials=9, options=OPTIONS, fit=None, seed=0)
    assert sorted(trained) == sorted({one.spec for one in found.tried})
    assert len(trained) <= 2


def test_nothing_of_the_judging_part_is_learned(drawn: Callable[..., Log]) -> None:
    """Whatever the second half holds, what was chosen and learned on the first stays the same."""
    log = drawn(4000, seed=2, batch=500)
    batches = list(log.batches())
    spoiled = batches[:4] + [replace(rows, reward=1 - rows.reward) for rows in batches[4:]]
    asked = spaces(["linucb:alpha=0|0.5", "softmax:tau=0.1"], tune=True)
    one, _, learning = lesson().give(asked, log)
    two, _, again = lesson().give(asked, replace(log, batches=lambda: iter(spoiled)))
    assert learning == again
    assert one == two
    assert all(isinstance(policy, Trained) for policy in one)


def test_policies_keep_their_order_and_the_rest_is_what_is_judged(log: Log) -> None:
    """Policies that stand still are built as they are; learning says where the cut is."""
    policies, rest, learning = lesson(share=0.25, trials=0).give(
        spaces(["popularity", "fixed:arm=b"], tune=False), log
    )
    assert [policy.label for policy in policies] == ["popularity", "fixed:arm=b"]
    assert (rest.count, learning.rows, learning.chosen) == (3000, 1000, ())


def test_a_search_with_a_reward_model(log: Log) -> None:
    """With a model candidates are scored doubly robust, and those that follow it can be searched."""
    fit = partial(fit_for_others, kind="linear", folds=2, seed=0)
    done: list[int] = []
    policies, _, learning = lesson(fit=fit, trials=4, watch=done.append).give(
        spaces(["greedy:epsilon=0|0.9"], tune=True), log
    )
    assert policies[0].label == "greedy:epsilon=0"
    assert learning.chosen[0].searched == "greedy:epsilon=0|0.9"
    assert sum(done) == 4

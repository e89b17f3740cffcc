# SPDX-License-Identifier: Apache-2.0
"""Policies that learn from one part of a log and are judged on another."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from bandit.errors import Invalid
from policies import Contributions, build
from simulator.evaluation.results import Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.logs.partition import Floats
from simulator.logs.rows import Log, Rows
from simulator.partitioning.crew import Crew
from simulator.targets.policy import Asked
from simulator.training.split import split
from simulator.training.targets import TRAINABLE
from simulator.training.trained import train

CONTEXTUAL = sorted(TRAINABLE - {"beta_thompson", "popularity", "ucb1"})


def some_rows(log: Log) -> Rows:
    """The first batch."""
    return next(iter(log.batches()))


@pytest.mark.parametrize("kind", sorted(TRAINABLE))
def test_every_kind_answers_with_probabilities(log: Log, kind: str) -> None:
    """Vectors sum to 1, leave out arms that could not be shown, and survive a journey to another process."""
    rows = some_rows(log)
    eligible = np.tile([True, True, False], (len(rows), 1))
    asked = Asked(replace(rows, eligible=eligible), log.arms)
    trained = train(kind, log, reward_range=(0.0, 1.0))
    p = trained.answer(asked).probabilities
    assert p is not None
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-12)
    assert (p[:, 2] == 0).all()
    again = pickle.loads(pickle.dumps(trained)).answer(asked).probabilities  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(again, p)


@pytest.mark.parametrize("kind", CONTEXTUAL)
def test_what_was_learned_shows(log: Log, best: Floats, kind: str) -> None:
    """On rows that it never saw, every policy with features earns most of what the best one would."""
    first, rest, _ = split(log, share=0.5)
    options = Options(estimators=build_estimators(["snips"], modelled=False), reward_range=(0.0, 1.0))
    result = evaluate(rest, [train(kind, first, reward_range=(0.0, 1.0))], options=options)
    (answer,) = result.policies[0].answers
    assert answer.estimate is not None
    assert answer.estimate.value > 0.75 * best.mean()
    assert answer.lift is not None
    assert answer.lift.low > 0


def test_it_learns_what_the_service_would(log: Log) -> None:
    """The state is that of the same policy told row by row, features scaled to [-1, 1] and rounded."""
    rows = some_rows(log)
    alone = replace(log, batches=lambda: iter([rows]), count=len(rows))
    assert rows.context is not None
    noise = rows.context[:, 1]
    x = np.stack([np.ones(len(rows)), rows.context[:, 0] / 20 - 1, noise], axis=1)
    policy = build({"kind": "linucb", "alpha": 0.5}, dimension=3)
    for i in range(len(rows)):
        policy.update(
            Contributions(
                arms=[log.arms[rows.action[i]]],
                x=np.rint(x[i : i + 1] * 1024) / 1024,
                weight=np.ones(1),
                change=rows.reward[i : i + 1],
                reward=rows.reward[i : i + 1],
                propensity=np.full(1, 1 / 3),
                day=np.full(1, int(1e9) // 86_400),
            )
        )
    assert train("linucb:alpha=0.5", alone, reward_range=(0.0, 1.0)).state == policy.dump()


@pytest.mark.parametrize("kind", ["linucb", "thompson_shared", "vw"])
def test_pieces_teach_what_the_whole_does(log: Log, drawn: Callable[..., Log], kind: str) -> None:
    """Whoever reads, and in whatever batches, the state has the same bytes."""
    with ThreadPoolExecutor(2) as executor:
        state = train(kind, log, crew=Crew(executor, ahead=3)).state
    assert train(kind, drawn(4000, seed=2, batch=333)).state == state


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ramp", "policy ramp: cannot be trained on a log; allowed "),
        ("linucb:alpha=-1", "policy.alpha: got -1; allowed 0 or more"),
        ("magic", "policy.kind: got 'magic'"),
    ],
)
def test_policies_that_cannot_be_trained(log: Log, text: str, message: str) -> None:
    """Each is refused in one line before the log is read."""
    with pytest.raises(Invalid, match=message):
        train(text, log)


def test_features_are_needed_where_a_policy_learns_from_them(log: Log) -> None:
    """A log without features can teach policies without context only."""
    bare = [replace(rows, context=None) for rows in log.batches()]
    timeless = replace(log, batches=lambda: iter(bare))
    with pytest.raises(Invalid, match="policy linucb: got a log without features; allowed there: beta"):
        train("linucb", timeless)
    assert train("popularity", timeless).answer(Asked(bare[0], log.arms)).probabilities is not None

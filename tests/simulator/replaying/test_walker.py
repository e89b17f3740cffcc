# SPDX-License-Identifier: Apache-2.0
"""A policy walks through a log: exactly in order, by its own coins, and learning what it should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from policies import POLICIES, Contributions, build
from simulator.replaying.batch import Batch
from simulator.replaying.logged import LoggedSource
from simulator.replaying.players import walkers
from simulator.replaying.walker import Walker

RATES = np.array([0.2, 0.5, 0.3, 0.6])
UNIFORM, SKEWED = np.full(4, 0.25), np.array([0.55, 0.2, 0.15, 0.1])


def walk(
    source: LoggedSource, spec: dict[str, Any], *, most: int = 4096, seed: int = 0
) -> tuple[Walker, Any, Any]:
    """The walker at the end of the log, all its probabilities, and which rows it learned from."""
    acceptance = source.survey.acceptance()
    (walker,) = walkers(source, {"it": spec}, acceptance=acceptance, seed=seed)
    walker.most = most
    played = [walker.play(batch) for batch in source.batches()]
    accepted = [np.asarray(one.accepted) for one in played]
    return walker, np.concatenate([one.p for one in played]), np.concatenate(accepted)


@pytest.mark.parametrize("kind", sorted(POLICIES))
def test_scoring_ahead_changes_nothing(make_log: Any, kind: str) -> None:
    """Rows scored together up to the next match give what one row after the other gives."""
    source = LoggedSource.of(make_log(RATES, SKEWED, rows=200, seed=3), reward_range=(0, 1))
    ahead, plain = walk(source, {"kind": kind}), walk(source, {"kind": kind}, most=1)
    np.testing.assert_array_equal(ahead[2], plain[2])
    # policies that integrate do so to about 1e-9, and it matters a little what they integrate together
    np.testing.assert_allclose(ahead[1], plain[1], rtol=0, atol=1e-8)
    assert ahead[0].policy.dump() == plain[0].policy.dump()
    assert ahead[0].lost == pytest.approx(plain[0].lost, abs=1e-9)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(make_log: Any) -> None:
    """All chance comes from the seed."""
    source = LoggedSource.of(make_log(RATES, UNIFORM, rows=400, seed=4), reward_range=(0, 1))
    one, two, other = (walk(source, {"kind": "thompson"}, seed=seed) for seed in (7, 7, 8))
    assert one[1].tobytes() == two[1].tobytes()
    assert one[0].policy.dump() == two[0].policy.dump()
    assert (one[2] != other[2]).any()


def test_a_policy_learns_from_its_matches_and_from_nothing_else(make_log: Any) -> None:
    """What it has learned is what the accepted rows teach a new policy of its kind."""
    source = LoggedSource.of(make_log(RATES, UNIFORM, rows=500, seed=5, context=0), reward_range=(0, 1))
    walker, _, accepted = walk(source, {"kind": "beta_thompson"})
    (batch,) = source.batches()
    counts = np.bincount(batch.rows.action[accepted], minlength=4)
    earned = np.bincount(batch.rows.action[accepted], weights=batch.rows.reward[accepted], minlength=4)
    x = np.ones((1, 1, source.stage.encoder.dimension))
    fresh = build({"kind": "beta_thompson"}, dimension=x.shape[2]).believe(source.log.arms, x).mean[0]
    learned = walker.policy.believe(source.log.arms, x).mean[0]
    assert counts.min() > 0
    np.testing.assert_allclose(learned, (earned + 2 * fresh) / (counts + 2), atol=1e-12)


@pytest.mark.parametrize("vector", [UNIFORM, SKEWED])
def test_rows_are_accepted_at_the_same_rate_whatever_the_policy(make_log: Any, vector: Any) -> None:
    """Where no choice is too rare, a row is accepted with probability c, so length says nothing."""
    source = LoggedSource.of(make_log(RATES, vector, rows=6000, seed=6), reward_range=(0, 1))
    c = source.survey.acceptance()
    assert c == pytest.approx(vector.min())
    for kind in ("uniform", "linucb", "fixed"):
        walker, _, accepted = walk(source, {"kind": kind})
        error = (c * (1 - c) / len(accepted)) ** 0.5
        assert accepted.mean() == pytest.approx(c, abs=4 * error)
        assert walker.lost == 0.0


def test_what_is_too_rare_in_the_log_is_counted(make_log: Any) -> None:
    """A policy that always shows an arm of 2 % loses what c = 0.1 cannot give it: four fifths."""
    source = LoggedSource.of(
        make_log(RATES, np.array([0.02, 0.38, 0.3, 0.3]), rows=20_000, seed=6, context=0), reward_range=(0, 1)
    )
    (walker,) = walkers(source, {"it": {"kind": "fixed"}}, acceptance=0.1, seed=0)
    for batch in source.batches():
        walker.play(batch)
    assert walker.lost / walker.rows == pytest.approx(0.8, abs=0.1)


def test_sampled_rows_are_accepted_more_often(make_log: Any) -> None:
    """Rows that a sampled log kept with probability 1/2 stand for two: acceptance makes up for it."""
    log = make_log(RATES, UNIFORM, rows=2000, seed=9, context=0)
    source = LoggedSource.of(log, reward_range=(0, 1))
    (batch,) = source.batches()
    halved = np.where(np.arange(2000) % 2 == 0, 0.5, 1.0)
    (walker,) = walkers(source, {"it": {"kind": "uniform"}}, acceptance=0.125, seed=0)
    accepted = np.asarray(walker.play(_sampled(batch, halved)).accepted)
    assert accepted[halved == 0.5].mean() == pytest.approx(0.25, abs=0.06)
    assert accepted[halved == 1.0].mean() == pytest.approx(0.125, abs=0.05)
    assert walker.rows == 3000


def _sampled(batch: Batch, keep: Any) -> Batch:
    return replace(batch, rows=replace(batch.rows, keep=keep))


def online(rates: Any, *, rounds: int, seed: int) -> float:
    """What a new policy earns in its first rounds when it is really asked."""
    g, policy = np.random.default_rng(seed), build({"kind": "ucb1"}, dimension=2)
    arms, x, eligible = ("a0", "a1", "a2", "a3"), np.ones((1, 1, 2)), np.ones((1, 4), dtype=bool)
    earned = 0.0
    for _ in range(rounds):
        p = policy.probabilities(policy.believe(arms, x), eligible, seeds=[0])[0]
        arm = int(g.choice(4, p=p))
        r = np.array([float(g.random() < rates[arm])])
        earned += float(r[0])
        one, day = np.ones(1), np.ones(1, dtype=np.int64)
        policy.update(
            Contributions([arms[arm]], x[0], weight=one, change=r, reward=r, propensity=p[[arm]], day=day)
        )
    return earned / rounds


def test_replay_earns_what_the_policy_would_have_earned(make_log: Any) -> None:
    """Over many skewed logs matches, and all rows weighed, earn what real runs of the same length do."""
    replayed, weighed, real = [], [], []
    for seed in range(50):
        source = LoggedSource.of(
            make_log(RATES, SKEWED, rows=600, seed=100 + seed, context=0), reward_range=(0, 1), seed=seed
        )
        _, p, accepted = walk(source, {"kind": "ucb1"}, seed=seed)
        (batch,) = source.batches()
        rows = batch.rows
        weighed.append((p[np.arange(600), rows.action] / rows.propensity * rows.reward).mean())
        replayed.append(batch.rows.reward[accepted].mean())
        real.append(online(RATES, rounds=int(accepted.sum()), seed=900 + seed))
    for estimates in (replayed, weighed):
        error = ((np.var(estimates) + np.var(real)) / 50) ** 0.5
        assert abs(np.mean(estimates) - np.mean(real)) < 3 * error
        # without the propensities one would see what the logger liked
        assert np.mean(estimates) > SKEWED @ RATES + 3 * error

# SPDX-License-Identifier: Apache-2.0
"""Two memories, of which the one that predicts better serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from policies import Contributions, Policy, build

Array = NDArray[np.float64]
Learn = Callable[..., Contributions]
Part = Callable[[Contributions, NDArray[np.int64]], Contributions]
ARMS = ("a", "b")
QUICK = {"kind": "linucb", "half_life_days": 1}


def adaptive(dimension: int = 1) -> Policy:
    """Build the policy with a short quick memory."""
    return build({"kind": "adaptive", "quick": QUICK}, dimension=dimension)


def predicted(policy: Policy, learned: Contributions) -> tuple[Array, Array]:
    """Return what each of the two parts expects of the arms of contributions."""
    belief = policy.believe(ARMS, learned.x[:, None])
    at = (np.arange(len(learned.arms)), [ARMS.index(arm) for arm in learned.arms])
    return belief.detail[0][0].mean[at], belief.detail[0][1].mean[at]


def noted(policy: Policy, learned: Contributions) -> Contributions:
    """Add to contributions what the policy notes of their arms as of now."""
    n = len(learned.arms)
    notes = policy.notes(
        policy.believe(ARMS, learned.x[:, None]), np.ones((n, 2), dtype=bool), seeds=range(n)
    )
    known = None if notes is None else notes[np.arange(n), [ARMS.index(arm) for arm in learned.arms]]
    return replace(learned, note=known)


def live(policy: Policy, *, days: int, turn: int) -> list[float]:
    """Choose 40 times a day between two arms that trade places on the day `turn`: the better one's shares."""
    rng, x, shares = np.random.default_rng(1), np.ones((1, 1, 1)), []
    for day in range(days):
        best, right = int(day >= turn), 0
        for _ in range(40):
            p = policy.probabilities(policy.believe(ARMS, x), np.ones((1, 2), dtype=bool), seeds=(0,))[0]
            k = int(rng.random() < p[1])
            reward = np.array([float(rng.random() < (0.8 if k == best else 0.1))])
            lesson = Contributions(
                [ARMS[k]], x[0], np.ones(1), reward, reward, p[[k]], np.array([20_000 + day])
            )
            policy.update(noted(policy, lesson))
            right += k == best
        shares.append(right / 40)
    return shares


def test_it_follows_tastes_that_turn() -> None:
    """After arms trade places the quick memory takes over, long before the steady one alone notices."""
    policy = adaptive()
    after, alone = (
        live(each, days=18, turn=12)[15:] for each in (policy, build({"kind": "linucb"}, dimension=1))
    )
    assert policy.report()["quick_serves"] is True
    assert np.mean(after) > 0.9
    assert np.mean(alone) < 0.7


def test_it_stays_steady_where_nothing_changes() -> None:
    """Where the past predicts the future the steady policy serves."""
    policy = adaptive()
    live(policy, days=20, turn=99)
    report, x = policy.report(), np.ones((1, 1, 1))
    assert report["slots"] == pytest.approx(800.0, rel=0.5)
    assert report["quick_serves"] is False
    steady = policy.parts[0].believe(ARMS, x)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(policy.believe(ARMS, x).mean, steady.mean)


def log_likelihood(p: Array, reward: Array) -> Array:
    """Return how likely rewards are as clicks with probability p, which is never surer than 0.004."""
    p = np.clip(np.rint(p * 1024) / 1024, 0.004, 0.996)
    found: Array = reward * np.log(p) + (1 - reward) * np.log(1 - p)
    return found


def test_the_lead_is_a_likelihood_ratio(evidence: Learn) -> None:
    """It is by how much the quick memory's predictions were likelier, rewards late or not."""
    policy = adaptive(dimension=4)
    policy.update(evidence(200, arms=ARMS))
    asked = noted(policy, evidence(50, arms=ARMS, seed=7))
    m, q = predicted(policy, asked)
    # Everything counts as nothing first; the rewards come later, in two parts.
    nothing = np.zeros(50)
    policy.update(replace(asked, change=nothing, reward=nothing))
    policy.update(replace(asked, weight=nothing, change=np.full(50, 0.25), reward=np.full(50, 0.25)))
    policy.update(replace(asked, weight=nothing, change=asked.reward - 0.25))
    aged = np.exp2(-(asked.day.max() - asked.day) / 30.0)
    lead = aged @ (log_likelihood(q, asked.reward) - log_likelihood(m, asked.reward))
    assert policy.report()["lead"] == pytest.approx(lead, abs=50 / 1024)
    assert abs(lead) > 1


@pytest.mark.parametrize("rate", [0.5, 0.05, 0.0125])
def test_rare_clicks_count_by_how_much_likelier_they_were(evidence: Learn, rate: float) -> None:
    """A click that was thought half as likely again counts alike whether clicks are common or rare."""
    policy = adaptive(dimension=4)
    note = np.rint(1.5 * rate * 1024) * 4096.0 + np.rint(rate * 1024)
    policy.update(
        replace(evidence(1, arms=ARMS), change=np.ones(1), reward=np.ones(1), note=np.array([note]))
    )
    assert policy.report()["lead"] == pytest.approx(np.log(1.5), abs=0.04)


def test_order_does_not_matter(evidence: Learn, part: Part) -> None:
    """Noted contributions give the same bytes in any order, and nothing when they are taken away again."""
    learned = noted(adaptive(dimension=4), evidence(60, arms=ARMS))
    taught = replace(learned, note=np.rint(np.random.default_rng(3).uniform(-1e6, 1e6, size=60)))
    dumps = set()
    for seed in range(3):
        policy = adaptive(dimension=4)
        for k in np.random.default_rng(seed).permutation(60):
            assert taught.note is not None
            policy.update(replace(part(taught, np.array([k])), note=taught.note[[k]]))
        dumps.add(policy.dump())
    assert len(dumps) == 1
    gone = replace(taught, weight=-taught.weight, change=-taught.reward, reward=np.zeros(60))
    policy.update(gone)
    assert policy.dump() == adaptive(dimension=4).dump()


def test_without_notes_nothing_is_compared(evidence: Learn) -> None:
    """Decisions of others, which noted nothing, teach both memories and leave the comparison alone."""
    policy = adaptive(dimension=4)
    policy.update(evidence(50, arms=ARMS))
    assert policy.report()["slots"] == 0.0
    assert predicted(policy, evidence(1, arms=ARMS))[0] != 0.0


def test_forgetting_days_forgets_what_was_compared(evidence: Learn) -> None:
    """Dropping all days leaves neither evidence nor a comparison."""
    policy = adaptive(dimension=4)
    policy.update(replace(evidence(50, arms=ARMS), note=np.full(50, 4096.0 * 100)))
    assert policy.report()["slots"] != 0.0
    policy.forget(today=30_000)
    assert policy.report()["slots"] == 0.0

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


def test_the_error_that_was_saved_is_exact(evidence: Learn) -> None:
    """What is reported is the difference of the squared errors of both predictions, rewards late or not."""
    policy = adaptive(dimension=4)
    policy.update(evidence(200, arms=ARMS))
    asked = noted(policy, evidence(50, arms=ARMS, seed=7))
    m, q = (np.clip(np.rint(each * 1024) / 1024, -1, 1) for each in predicted(policy, asked))
    # Everything counts as nothing first; the rewards come later, in two parts.
    nothing = np.zeros(50)
    policy.update(replace(asked, change=nothing, reward=nothing))
    policy.update(replace(asked, weight=nothing, change=np.full(50, 0.25), reward=np.full(50, 0.25)))
    policy.update(replace(asked, weight=nothing, change=asked.reward - 0.25))
    newest = asked.day.max()
    aged = np.exp2(-(newest - asked.day) / 30.0)
    saved = aged @ ((asked.reward - m) ** 2 - (asked.reward - q) ** 2)
    assert policy.report()["saved"] == pytest.approx(saved, abs=1e-9)
    assert abs(saved) > 0.1
    spread = aged @ (asked.reward - m) ** 2 / aged.sum()
    assert policy.report()["lead"] == pytest.approx(saved / (2 * spread), abs=1e-9)


def test_rare_rewards_turn_it_as_soon_as_common_ones(evidence: Learn) -> None:
    """Predictions and rewards of an eighth of the size give the same lead: errors count by their spread."""
    leads = []
    for size in (1.0, 0.125):
        policy = adaptive(dimension=4)
        learned = evidence(80, arms=ARMS)
        rewards, note = size * np.rint(8 * learned.reward) / 8, size * 1024 * (0.5 * 4096.0 + 0.25)
        policy.update(replace(learned, change=rewards, reward=rewards, note=np.full(80, note)))
        leads.append(policy.report()["lead"])
    assert leads[0] == pytest.approx(leads[1])
    assert leads[0] != 0.0


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
    policy.forget(before=30_000)
    assert policy.report()["slots"] == 0.0

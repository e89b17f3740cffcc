# SPDX-License-Identifier: Apache-2.0
"""Sums are exact: order, grouping, corrections and late arrival leave no trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import POLICIES, Contributions, InvalidState, build
from policies.memory import Memory
from policies.sums import Sums

ADDITIVE = sorted(kind for kind in POLICIES if build({"kind": kind}, dimension=4).additive)
every_additive = pytest.mark.parametrize("kind", ADDITIVE)
FADING = {"kind": "linucb", "half_life_days": 3.0, "window_days": 4.0}
Learn = Callable[..., Contributions]


def dumped(spec: dict[str, object], *batches: Contributions) -> bytes:
    """Teach a new policy and dump it."""
    policy = build(spec, dimension=4)
    for batch in batches:
        policy.update(batch)
    return policy.dump()


@every_additive
def test_any_order_in_any_batches_gives_the_same_bytes(kind: str, evidence: Learn, part: Learn) -> None:
    """Contributions shuffled and split at random add up to equal bytes."""
    learned = evidence(300)
    whole = dumped({"kind": kind}, learned)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        cuts = np.sort(rng.integers(300, size=7))
        shares = np.split(rng.permutation(300), cuts)
        assert dumped({"kind": kind}, *(part(learned, share) for share in shares)) == whole


@given(order=st.permutations(range(12)), cut=st.integers(0, 12), late=st.sets(st.integers(0, 11)))
def test_fading_sums_do_not_mind_order_either(order: list[int], cut: int, late: set[int]) -> None:
    """Days out of order and rewards that come in two steps give the bytes of everything at once."""
    rng = np.random.default_rng(0)
    reward = np.rint(rng.uniform(-1, 1, 12) * 1024) / 1024
    everything = Contributions(
        arms=[f"arm-{i % 3}" for i in range(12)],
        x=np.rint(rng.normal(size=(12, 4)) * 1024) / 1024,
        weight=np.ones(12),
        change=reward,
        reward=reward,
        propensity=np.full(12, 0.5),
        day=20_000 + np.arange(12) // 2,
    )
    waits = np.array([i in late for i in range(12)])
    first = replace(everything, change=np.where(waits, 0.0, reward))
    second = replace(everything, weight=np.zeros(12), change=np.where(waits, reward, 0.0))

    def pick(learned: Contributions, indices: list[int]) -> Contributions:
        columns = {name: getattr(learned, name)[indices] for name in ("x", "weight", "change", "reward")}
        columns |= {"propensity": learned.propensity[indices], "day": learned.day[indices]}
        return Contributions(arms=[learned.arms[i] for i in indices], **columns)

    batches = [pick(second, order[:cut]), pick(first, order[cut:]), pick(first, order[:cut])]
    assert dumped(FADING, *batches, pick(second, order[cut:])) == dumped(FADING, everything)


@every_additive
def test_taking_users_away_leaves_no_trace(kind: str, evidence: Learn, part: Learn, negative: Learn) -> None:
    """Removing 500 of 5,000 users gives the bytes of their never having come."""
    learned = evidence(10_000)
    user = np.random.default_rng(1).permutation(10_000) % 5_000
    removed = dumped({"kind": kind}, learned, negative(part(learned, np.flatnonzero(user < 500))))
    assert removed == dumped({"kind": kind}, part(learned, np.flatnonzero(user >= 500)))


@every_additive
def test_taking_everything_away_gives_an_untaught_policy(kind: str, evidence: Learn, negative: Learn) -> None:
    """Arms of which nothing is left do not exist in the state."""
    learned = evidence(50)
    assert dumped({"kind": kind}, learned, negative(learned)) == dumped({"kind": kind})


@every_additive
def test_merging_two_workers_is_one_worker_that_saw_both(kind: str, evidence: Learn) -> None:
    """Adding the state of another policy equals learning what it learned."""
    mine, other = evidence(80), evidence(90, seed=9, arms=("b", "z"))
    policy = build({"kind": kind}, dimension=4)
    policy.update(mine)
    policy.merge(dumped({"kind": kind}, other))
    assert policy.dump() == dumped({"kind": kind}, mine, other)


@every_additive
def test_merging_something_else_is_refused(kind: str, evidence: Learn) -> None:
    """A merge that does not fit changes nothing."""
    policy = build({"kind": kind}, dimension=4)
    policy.update(evidence(20))
    before = policy.dump()
    for bad in (b"", before[:-2], build({"kind": kind}, dimension=5).dump()):
        with pytest.raises(InvalidState):
            policy.merge(bad)
    assert policy.dump() == before


def test_sums_are_the_exact_rational_numbers() -> None:
    """At the clip and with examination weights, float64 holds what exact arithmetic gives."""
    rng = np.random.default_rng(5)
    n = 3_000
    x = np.rint(np.clip(rng.normal(size=(n, 4)) * 4, -4, 4) * 1024) / 1024
    weight, reward = rng.integers(1, 257, n) / 256, rng.integers(-1024, 1025, n) / 1024
    policy = build({"kind": "linucb"}, dimension=4)
    policy.update(Contributions(["a"] * n, x, weight, reward, reward, np.full(n, 0.5), np.full(n, 20_000)))
    total = policy.sums.totals([0])[0]  # type: ignore[attr-defined]
    exact = sum(
        Fraction(w) * Fraction(a) * Fraction(b) for w, a, b in zip(weight, x[:, 0], x[:, 1], strict=True)
    )
    assert Fraction(total[0]) == sum(map(Fraction, weight))
    assert Fraction(total[2 + 2 * 4 + 1]) == exact


def test_old_days_fade_and_leave_the_window(evidence: Learn) -> None:
    """Evidence counts half after the half-life and not at all past the window."""
    for age, counts in ((0, 1.0), (3, 0.5), (4, 0.0)):
        policy = build(FADING, dimension=4)
        one = replace(evidence(1, arms=("a",)), day=np.array([20_000]))
        policy.update(one)
        policy.update(replace(evidence(1, arms=("b",)), day=np.array([20_000 + age])))
        total = policy.sums.totals([policy.sums.rows["a"]])[0]  # type: ignore[attr-defined]
        assert total[0] == counts


def test_without_fading_days_cost_nothing(evidence: Learn) -> None:
    """A policy that never forgets keeps one bucket, however many days it lives."""
    short, long = dumped({"kind": "linucb"}, evidence(400, days=1)), dumped({"kind": "linucb"}, evidence(400))
    assert len(short) == len(long)
    assert len(dumped(FADING, evidence(400))) > 4 * len(long)


@pytest.mark.parametrize("when", [0, 1, 70, 200])
@pytest.mark.parametrize("order", [1, -1])
def test_what_is_too_old_is_forgotten_whenever_it_comes(
    when: int, order: int, evidence: Learn, part: Learn, negative: Learn
) -> None:
    """Days beyond the window leave the same bytes, learned before, after, never, or undone."""
    learned = part(evidence(200), np.arange(200)[::order])
    window = {"kind": "linucb", "window_days": 3}
    policy, recent = build(window, dimension=4), build(window, dimension=4)
    policy.update(part(learned, np.arange(when)))
    policy.forget(today=20_004)
    policy.update(part(learned, np.arange(when, 200)))
    policy.update(negative(part(learned, np.flatnonzero(learned.day == 20_001))))
    recent.forget(today=20_004)
    recent.update(part(learned, np.flatnonzero(learned.day >= 20_002)))
    assert policy.dump() == recent.dump()
    again = build(window, dimension=4)
    again.load(policy.dump())
    again.update(learned)
    policy.update(learned)
    assert again.dump() == policy.dump()
    x = np.ones((1, 1, 4))
    np.testing.assert_array_equal(again.believe(("a", "b"), x).mean, policy.believe(("a", "b"), x).mean)


def test_memory_is_bounded_by_the_days_that_count(evidence: Learn) -> None:
    """A year of days takes no more room than the days that weigh something, and moves no belief."""
    spec, x = {"kind": "linucb", "half_life_days": 1.5}, np.ones((1, 1, 4))
    policy, keeper = build(spec, dimension=4), build(spec, dimension=4)
    sizes = []
    for day in range(20_000, 20_365):
        for each in (policy, keeper):
            each.update(replace(evidence(6, seed=day), day=np.full(6, day)))
        policy.forget(today=day)
        sizes.append(policy.sums.nbytes)  # type: ignore[attr-defined]
    assert max(sizes[60:]) == max(sizes[:60]) < keeper.sums.nbytes / 4  # type: ignore[attr-defined]
    kept, all_ = (each.believe(("a", "b"), x) for each in (policy, keeper))
    np.testing.assert_allclose(kept.mean, all_.mean, rtol=0, atol=1e-5)
    np.testing.assert_allclose(kept.width, all_.width, rtol=0, atol=1e-5)


def test_policies_that_saw_other_days_merge_into_the_later_ones(evidence: Learn, part: Learn) -> None:
    """What one of two has forgotten, their sum does not know either."""
    learned, window = evidence(200), {"kind": "linucb", "window_days": 3}
    ahead, behind, both = (build(window, dimension=4) for _ in range(3))
    ahead.update(part(learned, np.arange(100)))
    ahead.forget(today=20_004)
    behind.update(part(learned, np.arange(100, 200)))
    both.update(learned)
    both.forget(today=20_004)
    before = behind.dump()
    behind.merge(ahead.dump())
    ahead.merge(before)
    assert ahead.dump() == behind.dump() == both.dump()


def test_an_arm_that_leaves_and_returns_keeps_what_it_learned(evidence: Learn) -> None:
    """An arm that is not asked about for a while is believed as before."""
    policy = build({"kind": "linucb"}, dimension=4)
    policy.update(evidence(100))
    x = np.ones((1, 1, 4))
    before = policy.believe(("a", "b", "c"), x).mean[0, 0]
    policy.believe(("b", "c", "d"), x)
    policy.update(evidence(100, arms=("b", "d"), seed=3))
    assert policy.believe(("a", "d"), x).mean[0, 0] == pytest.approx(before, abs=1e-12)


@pytest.mark.parametrize("memory", [Memory(half_life_days=2.0), Memory(window_days=3.0)])
def test_totals_follow_late_and_taken_away_days(memory: Memory, evidence: Learn, part: Learn) -> None:
    """After every step, in any order of days, totals are the weighted sum of all that is left."""
    learned = evidence(60)
    rng = np.random.default_rng(6)
    sums = Sums(dimension=4, memory=memory)
    known: list[int] = []
    for step in [*rng.permutation(60), *(~rng.permutation(60)[:50])]:
        index = int(step) if step >= 0 else int(~step)
        sign = 1.0 if step >= 0 else -1.0
        one = part(learned, np.array([index]))
        sums.add(one.arms, one.x, replace(one, weight=one.weight * sign, change=one.change * sign))
        known = [*known, index] if step >= 0 else [each for each in known if each != index]
        newest = max(learned.day[known])
        for arm, row in sums.rows.items():
            mine = [each for each in known if learned.arms[each] == arm]
            weights = memory.weights(learned.day[mine], newest=int(newest))
            total = sums.totals([row])[0]
            assert total[0] == pytest.approx(weights.sum(), abs=1e-12)
            np.testing.assert_allclose(
                total[2:6], (weights * learned.change[mine]) @ learned.x[mine], atol=1e-12
            )

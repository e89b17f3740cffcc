# SPDX-License-Identifier: Apache-2.0
"""What every policy in the table keeps, picked up from the table by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from policies import POLICIES, Contributions, InvalidInput, InvalidState, build

ARMS = ("a", "b", "c", "new")
Learn = Callable[..., Contributions]
Vectors = Callable[..., NDArray[np.float64]]

# What shows arms without a look at rewards.
INDIFFERENT = ("uniform", "fixed", "apprentice")
# What leaves the room to see what it has learned.
SETTINGS: dict[str, dict[str, object]] = {
    "ramp": {"views": 10},
    "challenger": {"champion": {"kind": "linucb"}},
}
ADDITIVE = sorted(kind for kind in POLICIES if build({"kind": kind}, dimension=4).additive)

every_policy = pytest.mark.parametrize("kind", sorted(POLICIES))


@every_policy
def test_rows_sum_to_one_and_respect_eligibility(kind: str, evidence: Learn, vectors: Vectors) -> None:
    """Probabilities are a distribution over the eligible arms, for every subset asked of one belief."""
    policy = build({"kind": kind}, dimension=4)
    policy.update(evidence(200))
    belief = policy.believe(ARMS, vectors(3, len(ARMS), 4))
    eligible = np.ones((3, 4), dtype=bool)
    for gone in range(4):
        eligible[:, :gone] = False
        shares = policy.probabilities(belief, eligible, seeds=(1, 2, 3))
        assert shares.shape == (3, 4)
        assert (shares[~eligible] == 0).all()
        assert (shares >= 0).all()
        np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=0, atol=1e-12)


@every_policy
def test_believing_changes_nothing(kind: str, evidence: Learn, vectors: Vectors) -> None:
    """Believing and spreading probability leave the policy as it was."""
    policy = build({"kind": kind}, dimension=4)
    policy.update(evidence(50))
    before = policy.dump()
    belief = policy.believe(ARMS, vectors(2, 1, 4))
    policy.probabilities(belief, np.ones((2, 4), dtype=bool), seeds=(1, 2))
    assert policy.dump() == before


@every_policy
def test_equal_seeds_give_equal_probabilities(kind: str, evidence: Learn, vectors: Vectors) -> None:
    """Chance comes from the seeds alone."""
    policy = build({"kind": kind}, dimension=4)
    policy.update(evidence(50))
    belief = policy.believe(ARMS, vectors(2, len(ARMS), 4))
    eligible = np.ones((2, 4), dtype=bool)
    first = policy.probabilities(belief, eligible, seeds=(7, 8))
    np.testing.assert_array_equal(first, policy.probabilities(belief, eligible, seeds=(7, 8)))


@every_policy
def test_a_loaded_policy_cannot_be_told_apart(kind: str, evidence: Learn, vectors: Vectors) -> None:
    """What was dumped and loaded believes, spreads and goes on learning like the original."""
    policy = build({"kind": kind}, dimension=4)
    policy.update(evidence(80))
    twin = build({"kind": kind}, dimension=4)
    twin.load(policy.dump())
    x = vectors(2, len(ARMS), 4)
    for _ in range(2):
        mine, other = policy.believe(ARMS, x), twin.believe(ARMS, x)
        np.testing.assert_allclose(mine.mean, other.mean, rtol=0, atol=1e-12)
        np.testing.assert_allclose(mine.width, other.width, rtol=0, atol=1e-12)
        assert policy.dump() == twin.dump()
        policy.update(evidence(30, seed=5))
        twin.update(evidence(30, seed=5))


@every_policy
def test_damaged_state_is_refused_and_changes_nothing(kind: str, evidence: Learn) -> None:
    """A load that fails raises InvalidState and leaves what was learned."""
    policy = build({"kind": kind}, dimension=4)
    policy.update(evidence(20))
    good = policy.dump()
    for bad in (b"", good[:-1], good + b"x", b"\x00" * len(good)):
        with pytest.raises(InvalidState):
            policy.load(bad)
        assert policy.dump() == good


@every_policy
def test_state_of_another_dimension_is_refused(kind: str) -> None:
    """Sums over other features do not fit."""
    other = build({"kind": kind}, dimension=5).dump()
    with pytest.raises(InvalidState, match="allowed"):
        build({"kind": kind}, dimension=4).load(other)


@every_policy
@pytest.mark.parametrize("x", [np.zeros((1, 1, 3)), np.zeros((1, 2, 4)), np.full((1, 1, 4), np.nan)])
def test_vectors_that_do_not_fit_are_refused(kind: str, x: np.ndarray) -> None:
    """A wrong length, a wrong number of arms and numbers that are not finite name the field."""
    with pytest.raises(InvalidInput) as refused:
        build({"kind": kind}, dimension=4).believe(ARMS, x)
    assert refused.value.field == "x"


@every_policy
def test_bad_contributions_change_nothing(kind: str, evidence: Learn) -> None:
    """Contributions with a number that is not finite are refused as a whole."""
    policy = build({"kind": kind}, dimension=4)
    policy.update(evidence(20))
    before = policy.dump()
    bad = evidence(3)
    bad.change[1] = np.inf
    with pytest.raises(InvalidInput) as refused:
        policy.update(bad)
    assert refused.value.field == "change"
    assert policy.dump() == before


@every_policy
def test_a_request_without_eligible_arms_is_refused(kind: str, vectors: Vectors) -> None:
    """There is no distribution over nothing."""
    policy = build({"kind": kind}, dimension=4)
    belief = policy.believe(ARMS, vectors(1, 1, 4))
    with pytest.raises(InvalidInput):
        policy.probabilities(belief, np.zeros((1, 4), dtype=bool), seeds=(1,))


@every_policy
def test_findings_are_plain_numbers(kind: str, evidence: Learn) -> None:
    """What a policy reports can be written as JSON, before it has learned and after."""
    policy = build({"kind": kind}, dimension=4)
    policy.update(evidence(50))
    for findings in (policy.report(scale=2.0), build({"kind": kind}, dimension=4).report()):
        assert all(isinstance(value, bool | float | None) for value in findings.values())
        assert all(value is None or np.isfinite(value) for value in findings.values())


@every_policy
def test_unknown_settings_are_refused(kind: str) -> None:
    """A misspelt setting is named."""
    with pytest.raises(InvalidInput) as refused:
        build({"kind": kind, "alhpa": 1}, dimension=4)
    assert refused.value.field == "alhpa"


@every_policy
@pytest.mark.parametrize("hidden", [-1.0, -0.25])
def test_an_arm_that_earns_less_than_nothing_is_avoided(kind: str, hidden: float) -> None:
    """Where visitors hide an arm, its probability falls, as that of one that earns less than others does."""
    policy = build({"kind": kind, **SETTINGS.get(kind, {})}, dimension=4, least=-1.0)
    n, arms = 600, ("hidden", "plain")
    x = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0]])
    reward = np.tile([hidden, 0.0], n // 2)
    policy.update(
        Contributions(
            arms=list(arms) * (n // 2),
            x=np.tile(x, (n // 2, 1)) if policy.per_arm else np.tile([1.0, 0.0, 0.0, 0.0], (n, 1)),
            weight=np.ones(n),
            change=reward,
            reward=reward,
            propensity=np.full(n, 0.5),
            day=np.full(n, 20_000),
        )
    )
    asked = x[None] if policy.per_arm else np.array([[[1.0, 0.0, 0.0, 0.0]]])
    shares = policy.probabilities(policy.believe(arms, asked), np.ones((1, 2), dtype=bool), seeds=(1,))
    if kind in INDIFFERENT:
        assert shares[0, 0] >= 0.5
    else:
        assert shares[0, 0] < 0.25


@every_policy
@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("reward", 100.0, "-1 to 1"),
        ("change", -3.0, "-2 to 2"),
        ("weight", 2.0, "-1 to 1"),
        ("propensity", 0.0, "more than 0, up to 1"),
        ("propensity", 1.5, "more than 0, up to 1"),
        ("x", 1e6, "-1024 to 1024"),
        ("reward", np.nan, "-1 to 1"),
    ],
)
def test_what_cannot_be_learned_is_refused_and_changes_nothing(
    kind: str, field: str, value: float, allowed: str, evidence: Learn
) -> None:
    """A reward of 100 or a propensity of 0 would spoil the sums for good: each is named."""
    policy = build({"kind": kind}, dimension=4)
    before = policy.dump()
    learned = evidence(5)
    odd = getattr(learned, field).copy()
    odd[3, ...] = value
    with pytest.raises(InvalidInput, match=f"^{field}: got .*; allowed {allowed}"):
        policy.update(replace(learned, **{field: odd}))
    assert policy.dump() == before


@pytest.mark.parametrize("kind", ADDITIVE)
def test_raw_numbers_merge_to_the_bytes_of_one_by_one(kind: str, evidence: Learn) -> None:
    """Numbers that are on no grid still give sums that do not depend on order or grouping."""
    whole, parts, one = (build({"kind": kind}, dimension=4) for _ in range(3))
    rng, learned = np.random.default_rng(3), evidence(60)
    reward = rng.uniform(-1, 1, 60)
    raw = replace(learned, x=rng.normal(size=(60, 4)), change=reward, reward=reward, note=None)
    whole.update(raw)
    for i in rng.permutation(60):
        one.update(raw.part(np.array([i])))
    for rows in (np.arange(0, 60, 2), np.arange(1, 60, 2)):
        other = build({"kind": kind}, dimension=4)
        other.update(raw.part(rows))
        parts.merge(other.dump())
    assert whole.dump() == one.dump() == parts.dump()


@pytest.mark.parametrize("kind", ["thompson_shared"])
@pytest.mark.parametrize("seeds", [(), (1,), (1, 2, 3)])
def test_a_request_without_a_seed_is_refused(kind: str, seeds: tuple[int, ...], vectors: Vectors) -> None:
    """Fewer seeds than requests never leave numbers that nobody computed."""
    policy = build({"kind": kind}, dimension=4)
    belief = policy.believe(ARMS, vectors(2, len(ARMS), 4))
    with pytest.raises(InvalidInput, match=r"^seeds: got '. of them'; allowed 2, one a request"):
        policy.probabilities(belief, np.ones((2, 4), dtype=bool), seeds=seeds)

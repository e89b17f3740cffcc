# SPDX-License-Identifier: Apache-2.0
"""What every policy in the table keeps, picked up from the table by itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from policies import POLICIES, Contributions, InvalidInput, InvalidState, build

ARMS = ("a", "b", "c", "new")
Learn = Callable[..., Contributions]
Vectors = Callable[..., NDArray[np.float64]]

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

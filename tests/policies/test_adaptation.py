# SPDX-License-Identifier: Apache-2.0
"""What happens when features, arms or levels appear that were not there before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from policies import POLICIES, Contributions, InvalidState, build

Learn = Callable[..., Contributions]
Array = NDArray[np.float64]
ARMS = ("a", "b", "new")

every_policy = pytest.mark.parametrize("kind", sorted(POLICIES))


def padded(x: Array, more: int) -> Array:
    """Append features that are 0."""
    return np.concatenate([x, np.zeros((*x.shape[:-1], more))], axis=-1)


@every_policy
def test_new_features_count_as_having_been_zero(
    kind: str, evidence: Learn, vectors: Callable[..., Array]
) -> None:
    """A policy that adopts narrower state believes like one that was taught zeros for the new features."""
    learned = evidence(60)
    narrow, taught, adopting = (build({"kind": kind}, dimension=d) for d in (4, 6, 6))
    narrow.update(learned)
    taught.update(replace(learned, x=padded(learned.x, 2)))
    adopting.adopt(narrow.dump())
    x = vectors(2, 3, 6, seed=4)
    for mine, other in zip(_beliefs(adopting, x), _beliefs(taught, x), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-6)
    if adopting.additive:
        assert adopting.dump() == taught.dump()


def _beliefs(policy: object, x: Array) -> tuple[Array, Array, Array]:
    belief = policy.believe(ARMS, x)  # type: ignore[attr-defined]
    everyone = np.ones((len(x), 3), dtype=bool)
    return belief.mean, belief.width, policy.probabilities(belief, everyone, seeds=(1, 2))  # type: ignore[attr-defined]


@every_policy
def test_state_with_more_features_is_not_adopted(kind: str, evidence: Learn) -> None:
    """What was learned about features that are gone cannot be kept; nothing changes."""
    wide, narrow = build({"kind": kind}, dimension=4), build({"kind": kind}, dimension=3)
    wide.update(evidence(20))
    before = narrow.dump()
    for bad in (wide.dump(), b"", b"nonsense"):
        with pytest.raises(InvalidState):
            narrow.adopt(bad)
    assert narrow.dump() == before


@every_policy
def test_arms_may_appear_at_any_time(kind: str, evidence: Learn, vectors: Callable[..., Array]) -> None:
    """An arm nobody has heard of is believed, drawn and learned about like any other."""
    policy = build({"kind": kind}, dimension=4)
    x = vectors(1, 2, 4)
    policy.believe(("a", "b"), x)
    policy.update(evidence(30, arms=("a", "b")))
    belief = policy.believe(("b", "brand new"), x)
    shares = policy.probabilities(belief, np.array([[False, True]]), seeds=(0,))
    np.testing.assert_array_equal(shares, [[0.0, 1.0]])
    policy.update(evidence(5, arms=("brand new",)))
    again = policy.believe(("brand new", "b"), x[:, ::-1])
    assert np.isfinite(again.mean).all()


def test_a_level_never_seen_is_uncertain_not_wrong(evidence: Learn) -> None:
    """A feature that was always 0 leaves expectations alone and widens the bonus."""
    policy = build({"kind": "linucb"}, dimension=5)
    learned = evidence(200)
    policy.update(replace(learned, x=padded(learned.x, 1)))
    usual = np.array([[[1.0, 0.2, -0.3, 0.1, 0.0]]])
    unseen = usual + np.array([0, 0, 0, 0, 1.0])
    before, after = policy.believe(("a",), usual), policy.believe(("a",), unseen)
    assert after.mean[0, 0] == pytest.approx(before.mean[0, 0], abs=1e-12)
    assert after.width[0, 0] > 0.9 * policy.settings.alpha > before.width[0, 0]  # type: ignore[attr-defined]

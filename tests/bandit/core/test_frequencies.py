# SPDX-License-Identifier: Apache-2.0
"""Invariant 1, by counting: over 100,000 pages of one context, arms come as often as their propensities say.

The pages are filled by the service's own code: eligibility, shaping, the draw from numbers that follow from
the decision's id. Only what a policy says of one context is remembered, by which arms are still free (and by
seed, where it depends on that), as asking it a hundred thousand times would take minutes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from bandit.core import decide as deciding
from bandit.core.caps import Caps
from bandit.core.draw import Chance, chance
from bandit.core.features import UNIT
from bandit.core.stage import Chooser, Stage
from policies import POLICIES, Belief, Contributions, Policy

PAGES, SLOTS, ARMS = 100_000, 3, 4
# Seeds are independent of the draws: some hundreds stand for all of them.
SEEDS = 300
COMPARED = 200
FORMS: dict[str, dict[str, Any]] = {
    "plain": {"floor": 0.0, "holdout": 0.0, "arms": ARMS},
    "shaped": {
        "floor": 0.03,
        "holdout": 0.1,
        "arms": {
            "a": {"boost": 3.0},
            "b": {"share": {"max": 0.3}},
            "c": {"share": {"min": 0.2}},
            "d": {},
        },
    },
}
Array = NDArray[np.float64]


class Remembered:
    """A policy that is asked once about each set of free arms, and seed, of one context."""

    def __init__(self, policy: Policy) -> None:
        self.kind, self.per_arm = policy.kind, policy.per_arm
        self._policy = policy

    def believe(self, arms: tuple[str, ...], x: Array) -> Belief:
        """Believe about the first request, on behalf of all."""
        belief = self._policy.believe(arms, x[:1])
        everywhere = np.broadcast_to(belief.mean, (len(x), len(arms)))
        return Belief(everywhere, everywhere, detail=belief)

    def probabilities(self, belief: Belief, eligible: Any, *, seeds: list[int]) -> Array:
        """Say the same whenever the same is asked."""
        _, seed = np.unique(np.asarray(seeds, dtype=np.uint64), return_inverse=True)
        keys = seed * 2**ARMS + eligible @ 2 ** np.arange(ARMS)
        _, first, again = np.unique(keys, return_index=True, return_inverse=True)
        said = [
            self._policy.probabilities(belief.detail, eligible[i : i + 1], seeds=[seeds[i]])[0] for i in first
        ]
        return np.array(said)[again]

    def notes(self, belief: Belief, eligible: Any, *, seeds: list[int]) -> None:
        """Nothing to note."""


def teach(stage: Stage, policy: Policy) -> None:
    """Let the policy learn a little about every arm, so that it has a view of its own."""
    rng = np.random.default_rng(5)
    names = [stage.roster.names[n] for n in rng.integers(len(stage.roster.names), size=40)]
    base = stage.encoder.encode([{}] * 40)[:, None, :]
    x = stage.arm_encoder.encode(base[:, 0]) if policy.per_arm else base
    at = [stage.roster.names.index(name) if policy.per_arm else 0 for name in names]
    reward = rng.integers(0, 2, size=40) * (rng.random(40) < 0.5)
    policy.update(
        Contributions(
            arms=names,
            x=np.asarray(x[np.arange(40), at] * UNIT, dtype=np.float64),
            weight=np.ones(40),
            change=reward.astype(float),
            reward=reward.astype(float),
            propensity=np.full(40, 0.25),
            day=np.full(40, 20_000),
        )
    )


def heeds_seeds(stage: Stage, policy: Policy) -> bool:
    """Whether a policy says something else under another seed."""
    x = np.asarray(vectors(stage, policy, count=2) * UNIT, dtype=np.float64)
    belief = policy.believe(stage.roster.names, x)
    one, other = policy.probabilities(belief, np.ones((2, ARMS), dtype=bool), seeds=[1, 2])
    return bool((one != other).any())


def vectors(stage: Stage, policy: Policy, *, count: int) -> NDArray[np.int16]:
    """The vectors of so many requests that know nothing."""
    x = stage.encoder.encode([{}])
    one = stage.arm_encoder.encode(x) if policy.per_arm else x[:, None, :]
    return np.broadcast_to(one, (count, *one.shape[1:]))


def fill(stage: Stage, policy: Policy, dice: Chance) -> Any:
    """Fill a page for each of the dice with the service's own code."""
    held = dice.u[:, 0] < stage.placement.holdout
    return deciding._fill(
        stage,
        Chooser(policy, 1, 7),
        vectors(stage, policy, count=len(held)),
        np.ones((len(held), ARMS), dtype=bool),
        wanted=[SLOTS] * len(held),
        holdout=held.tolist(),
        dice=dice,
    )


def pvalues(p: Array, drawn: NDArray[np.int64], group: NDArray[np.int64]) -> list[float]:
    """Test what was drawn against `p`, group by group of pages that have the same arms before this slot.

    Pearson's chi-square where all pages of a group had the same probabilities, the rarest cells put together;
    where they differ, by seed, each arm's count against the sum of its probabilities.
    """
    found = []
    for each in range(group.max() + 1):
        rows = group == each
        mine, seen = p[rows], np.bincount(drawn[rows], minlength=ARMS)
        expected = mine.sum(axis=0)
        assert (seen[expected == 0] == 0).all()
        if np.ptp(mine, axis=0).max() > 0:
            deviation = np.sqrt((mine * (1 - mine)).sum(axis=0))
            often = deviation > 3
            z = (seen - expected)[often] / deviation[often]
            found += (2 * stats.norm.sf(np.abs(z))).tolist()
            continue
        rare = expected < 5
        if rare.any() and not rare.all():
            rare |= expected == expected[~rare].min()
        expected = np.append(expected[~rare], expected[rare].sum())
        seen = np.append(seen[~rare], seen[rare].sum())
        kept = expected > 0
        if kept.sum() > 1:
            found.append(float(stats.chisquare(seen[kept], expected[kept]).pvalue))
    return found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", POLICIES)
def test_arms_come_as_often_as_logged(
    kind: str, form: str, make_stage: Any, make_chooser: Any, make_ask: Any
) -> None:
    """For every policy, with and without boosts, floor, shares and a holdout, in each of three slots."""
    stage = make_stage(slots=SLOTS, policy={"kind": kind}, features={"dimension": 6}, **FORMS[form])
    chooser = make_chooser(stage)
    teach(stage, chooser.policy)
    asks = [make_ask(n, known={}) for n in range(COMPARED)]
    dice = chance([f"d-{n}" for n in range(PAGES)], stage.name, count=SLOTS + 1)
    different = SEEDS if heeds_seeds(stage, chooser.policy) else 1
    seeds = [dice.seeds[n % different] for n in range(PAGES)]
    policy: Any = Remembered(chooser.policy)
    page = fill(stage, policy, Chance(seeds, dice.u))
    # The first pages have their own seeds: they must be those that the service decides and logs.
    for n, event in enumerate(deciding.decide(stage, chooser, asks, Caps())):
        logged = np.frombuffer(event.p, dtype="<f8").reshape(SLOTS, ARMS)
        np.testing.assert_allclose(page.p[n], logged, rtol=0, atol=3e-8)
        assert event.slots == [stage.roster.names[k] for k in page.chosen[n]]
    free = np.ones((PAGES, ARMS), dtype=bool)
    group = np.unique(dice.u[:, 0] < stage.placement.holdout, return_inverse=True)[1]
    found = []
    for slot in range(SLOTS):
        p, drawn = page.p[:, slot], page.chosen[:, slot]
        assert np.abs(p.sum(axis=1) - 1.0).max() <= 1e-12
        assert p[free].min() >= stage.placement.floor - 1e-15
        assert (p[~free] == 0).all()
        found += pvalues(p, drawn, group)
        free[np.arange(PAGES), drawn] = False
        group = np.unique(group * ARMS + drawn, return_inverse=True)[1]
    # Bonferroni over all tests: a right draw fails one time in 10,000.
    assert min(found, default=1.0) > 1e-4 / max(len(found), 1)

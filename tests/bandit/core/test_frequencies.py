# SPDX-License-Identifier: Apache-2.0
"""Invariant 1, by counting: over many decisions of one context, arms come as often as was logged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from bandit.core.caps import Caps
from bandit.core.decide import Chooser, Stage, decide
from bandit.core.events import Decided
from bandit.core.features import UNIT
from policies import POLICIES, Contributions

# The draw is the same code for all policies: two are counted finely, the others by way of a check.
FINELY = ("linucb", "thompson", "uniform", "fixed")
BATCH = 2_500
SHAPED: dict[str, Any] = {
    "floor": 0.03,
    "holdout": 0.1,
    "arms": {
        "a": {"boost": 3.0},
        "b": {"share": {"max": 0.3}},
        "c": {"share": {"min": 0.2}},
        "d": {},
    },
}
PLAIN: dict[str, Any] = {"floor": 0.0, "holdout": 0.0, "arms": 4}
FORMS = {"plain": PLAIN, "shaped": SHAPED}


def teach(stage: Stage, chooser: Chooser) -> None:
    """Let the policy learn a little about every arm, so that it has a view of its own."""
    rng = np.random.default_rng(5)
    names = [stage.roster.names[n] for n in rng.integers(len(stage.roster.names), size=40)]
    base = stage.encoder.encode([{}] * 40)[:, None, :]
    x = stage.arm_encoder.encode(base[:, 0]) if chooser.policy.per_arm else base
    at = [stage.roster.names.index(name) if chooser.policy.per_arm else 0 for name in names]
    reward = rng.integers(0, 2, size=40) * (rng.random(40) < 0.5)
    chooser.policy.update(
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


class Pages:
    """Many full pages over the same arms, as columns: held out or not, what was drawn, with which p."""

    def __init__(self) -> None:
        self.held = np.zeros(0, dtype=bool)
        self.drawn = np.zeros((0, 3), dtype=np.int64)
        self.p = np.zeros((0, 3, 4))

    def add(self, events: list[Decided]) -> None:
        """Take note of three slots each over the same four arms."""
        place = {arm: n for n, arm in enumerate(events[0].arms)}
        drawn = np.array([place[arm] for event in events for arm in event.slots]).reshape(-1, 3)
        p = np.frombuffer(b"".join(event.p for event in events), dtype="<f8").reshape(-1, 3, 4)
        self.held = np.append(self.held, [event.holdout for event in events])
        self.drawn, self.p = np.concatenate([self.drawn, drawn]), np.concatenate([self.p, p])

    def pvalues(self, slot: int) -> list[float]:
        """Pearson's test of what came to a slot against the probabilities logged, by what stood before it.

        Cells of which fewer than 5 are expected are taken together with the next. Where probabilities
        differ within a group (Monte Carlo), the test errs towards passing, not towards failing.
        """
        before = np.column_stack([self.held, self.drawn[:, :slot]])
        _, group = np.unique(before, axis=0, return_inverse=True)
        return [each for g in range(group.max() + 1) for each in self._pvalue(slot, group.ravel() == g)]

    def _pvalue(self, slot: int, rows: Any) -> list[float]:
        seen = np.bincount(self.drawn[rows, slot], minlength=4)
        expected = self.p[rows, slot].sum(axis=0)
        assert (seen[expected == 0] == 0).all()
        rare = expected < 5
        if rare.any() and not rare.all():
            rare |= expected == expected[~rare].min()
        expected = np.append(expected[~rare], expected[rare].sum())
        seen = np.append(seen[~rare], seen[rare].sum())
        kept = expected > 0
        return [float(stats.chisquare(seen[kept], expected[kept]).pvalue)] if kept.sum() > 1 else []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", POLICIES)
def test_arms_come_as_often_as_logged(
    kind: str, form: str, make_stage: Any, make_chooser: Any, make_ask: Any
) -> None:
    """For every policy, with and without boosts, floor, shares and a holdout, in each of three slots."""
    stage = make_stage(slots=3, policy={"kind": kind}, features={"dimension": 6}, **FORMS[form])
    chooser = make_chooser(stage)
    teach(stage, chooser)
    pages = Pages()
    for start in range(0, 100_000 if kind in FINELY else 2 * BATCH, BATCH):
        asks = [make_ask(n, known={}) for n in range(start, start + BATCH)]
        pages.add(decide(stage, chooser, asks, Caps()))
    found = [pvalue for slot in range(3) for pvalue in pages.pvalues(slot)]
    # Bonferroni over all groups: a right draw fails one time in 10,000.
    assert min(found, default=1.0) > 1e-4 / max(len(found), 1)

# SPDX-License-Identifier: Apache-2.0
"""Logged decisions of several ranked slots, as arrays.

Symbols: `n` decisions, `L` slots. A decision with fewer slots has `shown` False in the others.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from bandit.errors import Invalid
from simulator.logs.partition import ROUNDING, Floats

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SlateProbabilities:
    """How probable the shown page was under one policy.

    Args:
        joint: of all its slots together, shape (n,).
        slot: of the arm in each slot, whatever the others show, shape (n, L).
        cascade: of all slots down to each one, shape (n, L).
    """

    joint: Floats | None = None
    slot: Floats | None = None
    cascade: Floats | None = None


@dataclass(frozen=True, slots=True)
class SlatePartition:
    """A run of consecutive decisions of a log.

    Args:
        reward: of each slot, shape (n, L), finite; 0 where a slot was not shown.
        logged: how probable the page was under the logger, each above 0.
        shown: False where a decision had no such slot, shape (n, L); None means all shown.
        keep: probability with which the row survived sampling of the log, shape (n,); None means all 1.
        start: position of the first decision in the whole log.

    Raises:
        Invalid: a field has the wrong shape or a value outside its range.
    """

    reward: Floats
    logged: SlateProbabilities
    shown: Bools | None = None
    keep: Floats | None = None
    start: int = 0

    def __post_init__(self) -> None:
        n = self.reward.shape[0]
        if self.reward.ndim != 2:
            raise Invalid(f"reward: got {self.reward.ndim} dimensions; allowed 2", field="reward")
        if not np.isfinite(self.reward).all():
            raise Invalid("reward: got a number that is not finite; allowed finite numbers", field="reward")
        for field in fields(self.logged):
            value = getattr(self.logged, field.name)
            if value is None:
                continue
            if value.shape[0] != n:
                raise Invalid(f"{field.name}: got {value.shape[0]} rows; allowed {n}", field=field.name)
            if n and not (value.min() > 0 and value.max() <= 1 + ROUNDING):
                odd = value[~((value > 0) & (value <= 1 + ROUNDING))].flat[0]
                raise Invalid(f"{field.name}: got {odd}; allowed (0, 1]", field=field.name)

    @property
    def rows(self) -> int:
        """How many decisions there are."""
        return int(self.reward.shape[0])


@dataclass(frozen=True, slots=True)
class SlateTarget:
    """What the evaluated policy would do on the pages of a partition.

    Args:
        probability: how probable it makes the shown page.
        predicted: the reward model's value of each shown arm given those above it, shape (n, L).
        expected: the reward model's value of each slot under the policy, given the shown arms above
            it, shape (n, L).

    Raises:
        Invalid: something is no probability.
    """

    probability: SlateProbabilities
    predicted: Floats | None = None
    expected: Floats | None = None

    def __post_init__(self) -> None:
        for field in fields(self.probability):
            p = getattr(self.probability, field.name)
            if p is None or not p.size or (p.min() >= 0 and p.max() <= 1 + ROUNDING):
                continue
            odd = p[~((p >= 0) & (p <= 1 + ROUNDING))].flat[0]
            raise Invalid(f"policy: got {field.name} probability {odd:.6g}; allowed 0 to 1", field="policy")

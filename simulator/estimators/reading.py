# SPDX-License-Identifier: Apache-2.0
"""How an estimate is to be read: whose interval it has, what its verdict looks at, and whether it is biased.

Every estimator says so in its class, so a new one has no interval and no verdict by accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

IntervalOf = Literal["snips", "sndr", "itself", "normal"]
JudgedBy = Literal["weights", "own weights", "rows"]


@dataclass(frozen=True, slots=True)
class Reading:
    """How an estimate is to be read.

    Args:
        interval: "snips" and "sndr" for estimators of the same value under the same weights, whose own spread
            says less where rewards are few; "itself" for the default interval on the estimator's own sums;
            "normal" for the estimate and its standard error, where there are no such sums.
        judged_by: the importance "weights" of the rows, the estimator's "own weights", or "rows" alone for
            what weighs nothing and so needs no propensities.
        unbiased: whether the estimate tends to the policy's value as rows grow, without faith in a model.
    """

    interval: IntervalOf
    judged_by: JudgedBy = "weights"
    unbiased: bool = True

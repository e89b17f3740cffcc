# SPDX-License-Identifier: Apache-2.0
"""The numeric part of deciding: what `bandit.core.decide` does for one slot, without drawing and logging.

A test holds it equal, to the byte, with the probabilities that `decide` logs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bandit.core.features import UNIT
from bandit.core.shaping import shaped, uniform
from bandit.core.stage import Stage
from policies import Belief, Policy
from simulator.logs.partition import Floats
from simulator.logs.rows import Bools
from simulator.replaying.batch import Counts


def vectors_for(policy: Policy, stage: Stage, x: Counts) -> Floats:
    """What a policy is shown for requests `x` (n, d): shape (n, 1, d), or (n, K, d) if arms differ."""
    counts = stage.arm_encoder.encode(x) if policy.per_arm else x[:, None, :]
    return np.asarray(counts * UNIT, dtype=np.float64)


def spread(
    policy: Policy,
    stage: Stage,
    belief: Belief,
    open_arms: Bools,
    *,
    seeds: Sequence[int],
    held: Bools | None,
) -> Floats:
    """Probabilities of the arms for a slot, shape (n, K); zeros in rows without open arms.

    Args:
        policy: who chooses.
        stage: the placement with its boosts, floor and shares.
        belief: of the policy about the rows.
        open_arms: eligible and not placed above, shape (n, K).
        seeds: one a row.
        held: rows that the holdout ranks uniformly.
    """
    nothing = ~np.logical_or.reduce(open_arms, axis=1)
    if nothing.any():
        open_arms = open_arms | nothing[:, None]
    p = shaped(policy.probabilities(belief, open_arms, seeds=seeds), open_arms, stage.shape)
    if held is not None and held.any():
        p[held] = uniform(open_arms[held])
    if nothing.any():
        p[nothing] = 0.0
    return p

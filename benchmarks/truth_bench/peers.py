# SPDX-License-Identifier: Apache-2.0
"""obp's doubly robust estimator, with its own cross-fitted reward model, on our rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from simulator.logs.partition import Floats


def obp_dr(obp: Any, rows: Any, policy: Floats, seed: int) -> dict[str, float]:
    """Three folds and a logistic regression, as ours; empty without obp (the module `obp.ope`)."""
    if obp is None:
        return {}
    n, arms = policy.shape
    # its model wants at least one feature
    context = np.zeros((n, 1)) if rows.context is None else rows.context
    model = obp.RegressionModel(
        n_actions=arms, base_model=LogisticRegression(C=1.0, max_iter=1000, random_state=seed)
    )
    given = {"action": rows.action, "reward": rows.reward, "pscore": rows.propensity}
    q = model.fit_predict(
        context=context, **given, action_dist=policy[:, :, None], n_folds=3, random_state=seed
    )
    value = obp.DoublyRobust().estimate_policy_value(
        **given,
        action_dist=policy[:, :, None],
        estimated_rewards_by_reg_model=q,
        position=np.zeros(n, dtype=int),
    )
    return {"obp dr": float(value)}

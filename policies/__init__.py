# SPDX-License-Identifier: Apache-2.0
"""Learning algorithms for contextual bandits that state the exact probability of every choice.

policy = build({"kind": "linucb", "alpha": 0.6}, dimension=8)
belief = policy.believe(("a", "b"), x)                             # x of shape (B, 1, 8)
shares = policy.probabilities(belief, eligible, seeds=seeds)       # shape (B, 2), rows sum to 1
policy.update(contributions)
"""

from policies.errors import InvalidInput, InvalidSetting, InvalidState
from policies.protocol import NEWCOMER, Belief, Contributions, Findings, Policy
from policies.registry import DEFAULT, POLICIES, build

__all__ = [
    "DEFAULT",
    "NEWCOMER",
    "POLICIES",
    "Belief",
    "Contributions",
    "Findings",
    "InvalidInput",
    "InvalidSetting",
    "InvalidState",
    "Policy",
    "build",
]

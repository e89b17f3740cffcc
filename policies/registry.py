# SPDX-License-Identifier: Apache-2.0
"""The table of policies, and how a catalogue's mapping becomes one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.beta_thompson import BetaThompson
from policies.errors import InvalidSetting
from policies.fixed import Fixed
from policies.linucb import LinUCB
from policies.popularity import Popularity
from policies.protocol import Policy
from policies.settings import read_settings
from policies.thompson import Thompson
from policies.ucb1 import UCB1
from policies.uniform import Uniform

POLICIES: dict[str, type[Any]] = {
    policy.kind: policy
    for policy in (
        LinUCB,
        Thompson,
        BetaThompson,
        UCB1,
        Popularity,
        Fixed,
        Uniform,
    )
}


def build(spec: Mapping[str, object], *, dimension: int) -> Policy:
    """Return a new policy from a mapping like {"kind": "linucb", "alpha": 0.6}.

    Raises:
        InvalidSetting: unknown kind or setting, wrong type or range; `.field` says which.
    """
    kind = spec.get("kind")
    if not isinstance(kind, str) or kind not in POLICIES:
        raise InvalidSetting("kind", got=kind, allowed=", ".join(sorted(POLICIES)))
    chosen = POLICIES[kind]
    settings = read_settings(chosen.Settings, {name: value for name, value in spec.items() if name != "kind"})
    policy: Policy = chosen(settings, dimension=dimension)
    return policy

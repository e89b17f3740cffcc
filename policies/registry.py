# SPDX-License-Identifier: Apache-2.0
"""The table of policies, and how a catalogue's mapping becomes one of them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from msgspec.structs import replace

from policies.adaptive import Adaptive
from policies.apprentice import Apprentice
from policies.beta_thompson import BetaThompson
from policies.challenger import Challenger
from policies.epsilon_greedy import EpsilonGreedy
from policies.errors import InvalidSetting
from policies.fixed import Fixed
from policies.linucb import LinUCB
from policies.linucb_hybrid import LinUCBHybrid
from policies.linucb_shared import LinUCBShared
from policies.logistic_thompson import LogisticThompson
from policies.popularity import Popularity
from policies.protocol import Policy
from policies.ramp import Ramp
from policies.settings import read_settings
from policies.softmax import Softmax
from policies.squarecb import SquareCB
from policies.thompson import Thompson
from policies.thompson_shared import ThompsonShared
from policies.ucb1 import UCB1
from policies.uniform import Uniform

POLICIES: dict[str, type[Any]] = {
    policy.kind: policy
    for policy in (
        LinUCB,
        LinUCBHybrid,
        LinUCBShared,
        Thompson,
        ThompsonShared,
        LogisticThompson,
        EpsilonGreedy,
        Softmax,
        SquareCB,
        BetaThompson,
        UCB1,
        Popularity,
        Adaptive,
        Apprentice,
        Challenger,
        Ramp,
        Fixed,
        Uniform,
    )
}

# VW publishes no wheel for some platforms; there its kind is refused like an unknown one.
if find_spec("vowpal_wabbit_next") is not None:
    from policies.vw import VW

    POLICIES[VW.kind] = VW


# For placements that do not say: what benchmarks/learning.md recommends for all its worlds.
DEFAULT: dict[str, object] = {"kind": "adaptive"}


def build(
    spec: Mapping[str, object], *, dimension: int, least: float | None = None, path: str = ""
) -> Policy:
    """Return a new policy from a mapping like {"kind": "linucb", "alpha": 0.6}.

    Args:
        spec: kind and settings; policies made of others are written as mappings in mappings.
        dimension: features of a vector.
        least: the least reward that there can be, from -1 to 0, for policies that ask for it (`lowest`).
        path: where the mapping stands, in errors.

    Raises:
        InvalidSetting: unknown kind or setting, wrong type or range; `.field` says which.
    """
    kind = spec.get("kind")
    if not isinstance(kind, str) or kind not in POLICIES:
        raise InvalidSetting(f"{path}kind", got=kind, allowed=", ".join(sorted(POLICIES)))
    chosen = POLICIES[kind]
    given = {name: value for name, value in spec.items() if name != "kind"}
    settings = read_settings(chosen.Settings, given, path=path)
    if least is not None and hasattr(settings, "lowest"):
        settings = _with_lowest(settings, least, path=path)
    parts = {
        name: build(getattr(settings, name), dimension=dimension, least=least, path=f"{path}{name}.")
        for name in getattr(chosen, "part_names", ())
    }
    policy: Policy = chosen(settings, dimension=dimension, **parts)
    return policy


def _with_lowest(settings: Any, least: float, *, path: str) -> Any:
    """The settings with the reward that counts as a loss, which no reward may lie below."""
    if settings.lowest is None:
        return replace(settings, lowest=least)
    if settings.lowest > least:
        raise InvalidSetting(
            f"{path}lowest", got=settings.lowest, allowed=f"{least:g}, the least reward there can be, or null"
        )
    return settings

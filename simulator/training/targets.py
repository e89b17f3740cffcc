# SPDX-License-Identifier: Apache-2.0
"""Every policy that can be judged on a log, by its spec: one that stands still, or one to be trained."""

from __future__ import annotations

from bandit.errors import Invalid
from policies import POLICIES
from simulator.targets import TARGETS, build_target, parse_spec
from simulator.targets.learning import parse_policy

# these compare or ramp up other policies while they serve; held still they are one of those
LIVE_ONLY = frozenset({"apprentice", "challenger", "ramp"})
TRAINABLE = frozenset(POLICIES) - LIVE_ONLY - frozenset(TARGETS)


def learns(text: str) -> bool:
    """Whether the policy of a spec must be trained before it can be judged."""
    return parse_spec(text)[0] in TRAINABLE


def check_target(text: str) -> None:
    """Raise Invalid unless the spec is that of a policy which can be judged, with settings that it takes."""
    kind, _ = parse_spec(text)
    if kind in TRAINABLE:
        parse_policy(text)
    elif kind in TARGETS:
        build_target(text)
    else:
        known = ", ".join([*sorted(TARGETS), *sorted(TRAINABLE)])
        raise Invalid(f"policy: got {kind!r}; allowed {known}", field="policy")


def needs_model(text: str) -> bool:
    """Whether the policy of a spec looks at a reward model."""
    return not learns(text) and build_target(text).needs_model

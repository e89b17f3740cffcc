# SPDX-License-Identifier: Apache-2.0
"""What of the learning of a placement survives a change of it, and what is forgotten, in words.

One function says it, `lost`: whoever asks before a change, and the fold that makes it, never disagree.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import lru_cache

import msgspec
import numpy as np
from msgspec.structs import replace

from bandit.core.life import MOST_PAST, Life
from bandit.core.placement import Placement
from bandit.core.positions import Positions
from bandit.core.schema import FeatureSchema
from bandit.core.state import Learner, new_policy
from policies import Contributions, Policy, build


def lost(before: Placement, now: Placement) -> tuple[str, ...]:
    """Why a placement's policy begins anew when it becomes another, a sentence each; empty if it does not."""
    return tuple(f"{reason}: what the policy has learned" for reason in _reasons(before, now))


def _reasons(before: Placement, now: Placement) -> Iterator[str]:
    was, scale = before.reward.scale, now.reward.scale
    if was != scale:
        yield f"reward: the largest changes from {was:g} to {scale:g}, so reports begin anew"
    features = _declared_as_before(before.features, now.features)
    if not before.features.same_columns(features):
        yield f"features: {_columns_changed(before.features, features)}"
    old, new = before.policy["kind"], now.policy["kind"]
    if old != new:
        yield f"policy.kind: changes from {old} to {new}"
    elif before.policy != now.policy and not _can_take_over(before, now):
        yield "policy: with its new settings it cannot use it"


def _declared_as_before(before: FeatureSchema, now: FeatureSchema) -> FeatureSchema:
    """The schema, where a name alone stands for what its adapter declared before."""
    fields = {name: spec or before.fields.get(name) for name, spec in now.fields.items()}
    return replace(now, fields=fields)


def _columns_changed(before: FeatureSchema, now: FeatureSchema) -> str:
    old, new = before.fields, now.fields
    if set(old) != set(new):
        sides = (("added", sorted(set(new) - set(old))), ("removed", sorted(set(old) - set(new))))
        return "; ".join(f"{', '.join(names)} {what}" for what, names in sides if names)
    if changed := [name for name in new if old[name] != new[name]]:
        return f"columns of {', '.join(changed)} change"
    if old:
        return "their order changes"
    return f"the vector gets {now.length} columns instead of {before.length}"


def succeed(
    old: Learner | None, before: Placement | None, now: Placement, *, position: int, at: float
) -> Learner:
    """The learner of a placement that was created or changed: it keeps what it can, else it begins anew."""
    life = Life(now.policy["kind"], position, at, now.reward.range)
    if old is None or before is None:
        return Learner(new_policy(now), life, since=position)
    if not (begins := bool(lost(before, now))):
        # The same scale, but perhaps another range of what can be earned.
        old.life.reward_range = now.reward.range
    if not begins and before.policy == now.policy and before.reward.least == now.reward.least:
        return old
    new = dataclasses.replace(old, policy=new_policy(now))
    if not begins:
        new.policy.load(old.policy.dump())
        return new
    new.life = life
    if before.reward.scale != now.reward.scale:
        # What comes late for a decision is counted in units of now, which are not those of its life.
        new.past, new.since, new.positions = [], position, Positions()
    elif old.life.decisions:
        new.past = [old.life, *old.past][:MOST_PAST]
    return new


def _can_take_over(before: Placement, now: Placement) -> bool:
    """Whether a policy of the new settings takes over what one of the old ones has learned."""
    return _takes_over(*(msgspec.json.encode(each.policy, order="sorted") for each in (before, now)))


@lru_cache(maxsize=256)
def _takes_over(before: bytes, now: bytes) -> bool:
    old, new = (build(msgspec.json.decode(each), dimension=2) for each in (before, now))
    _teach(old)
    try:
        new.load(old.dump())
    except ValueError:
        return False
    return True


def _teach(policy: Policy) -> None:
    """Let a policy learn something, so that its state has all its parts."""
    one, none = np.ones(1), np.zeros(1)
    day = np.ones(1, dtype=np.int64)
    x = np.ones((1, 2))
    policy.update(
        Contributions(arms=["a"], x=x, weight=one, change=none, reward=none, propensity=one, day=day)
    )

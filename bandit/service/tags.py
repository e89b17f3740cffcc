# SPDX-License-Identifier: Apache-2.0
"""The tags of arms, and arms with how much their tags are in the air among their features."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from adapters.topics import Tags
from bandit.core.catalogue import Arm, Placement

TAGS = "tags"  # the feature of an arm that holds its tags, with commas between them
HEAT = "trends.heat"  # the feature that such an arm gets: the match of its best tag, 0 to 1
MOST_FEATURES = 64

Heats = tuple[tuple[str, float], ...]


def tags_of(arm: Arm) -> tuple[str, ...]:
    """The tags that an arm's features name."""
    text = arm.features.get(TAGS)
    if not isinstance(text, str):
        return ()
    return tuple(tag for part in text.split(",") if (tag := part.strip()))


def all_tags(placement: Placement) -> Tags:
    """The tags of all arms of a placement."""
    return Tags(tag for arm in placement.arms.values() for tag in tags_of(arm))


def heats(placement: Placement, match: Callable[[tuple[str, ...]], float | None]) -> Heats:
    """How much each tagged arm is in the air; those of which nobody knows are left out."""
    found = []
    for name, arm in placement.arms.items():
        tags = tags_of(arm)
        if tags and len(arm.features) < MOST_FEATURES and (heat := match(tags)) is not None:
            found.append((name, heat))
    return tuple(found)


def heated(arms: Mapping[str, Arm], heat_of: Heats) -> dict[str, Arm]:
    """The arms with their heat among their features, for policies that look at features of arms."""
    found = dict(heat_of)
    return {
        name: replace(arm, features={**arm.features, HEAT: found[name]}) if name in found else arm
        for name, arm in arms.items()
    }

# SPDX-License-Identifier: Apache-2.0
"""What people configure: placements and arms, checked when they are made.

The same shape serves YAML files, JSON over HTTP and the events of the log. `parse_catalogue`,
`parse_placement` and `parse_arm` take plain data and name the offending field in full, e.g.
`placements.hero.arms.coats.boost`.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from bandit.core.arm import Arm, Cap, Share
from bandit.core.checked import Checked, check_name
from bandit.core.decoding import convert, join_path, nested, shorten
from bandit.core.placement import MAX_ARMS, MAX_SLOTS, Placement
from bandit.core.reward_rule import RewardRule
from bandit.errors import Invalid

Role = Literal["publishable", "server", "viewer", "marketer", "admin"]
Catalogue = dict[str, Placement]


def parse_catalogue(data: object) -> Catalogue:
    """Check a whole catalogue, as read from YAML: {"placements": {name: placement}}."""
    if not isinstance(data, dict) or set(data) != {"placements"} or not isinstance(data["placements"], dict):
        raise Invalid(
            "catalogue: got something else; allowed a mapping with the one key 'placements'",
            field="placements",
        )
    return {
        check_name("placements", name): parse_placement(value, at=f"placements.{name}")
        for name, value in data["placements"].items()
    }


def parse_placement(data: object, *, at: str = "") -> Placement:
    """Check one placement with its arms."""
    if not isinstance(data, dict):
        raise Invalid(f"{at or 'placement'}: got {shorten(data)}; allowed a mapping", field=at or None)
    arms = data.get("arms", {})
    prefix = join_path(at, "arms")
    if not isinstance(arms, dict):
        raise Invalid(f"{prefix}: got {shorten(arms)}; allowed a mapping of arms by name", field=prefix)
    checked = {check_name(prefix, name): parse_arm(arm, at=f"{prefix}.{name}") for name, arm in arms.items()}
    placement = convert({**data, "arms": {}}, Placement, at=at)
    try:
        return msgspec.structs.replace(placement, arms=checked)
    except Invalid as error:
        raise nested(error, at=at) from None


def parse_arm(data: object, *, at: str = "") -> Arm:
    """Check one arm."""
    if not isinstance(data, dict):
        raise Invalid(f"{at or 'arm'}: got {shorten(data)}; allowed a mapping", field=at or None)
    return convert(data, Arm, at=at)


def plain(value: Checked) -> dict[str, Any]:
    """The JSON shape of a placement or arm; what has its default is left out."""
    return dict(msgspec.to_builtins(value))


__all__ = [
    "MAX_ARMS",
    "MAX_SLOTS",
    "Arm",
    "Cap",
    "Catalogue",
    "Placement",
    "RewardRule",
    "Role",
    "Share",
    "check_name",
    "parse_arm",
    "parse_catalogue",
    "parse_placement",
    "plain",
]

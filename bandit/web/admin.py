# SPDX-License-Identifier: Apache-2.0
"""Placements and arms: what marketers configure."""

from __future__ import annotations

from typing import Any

from bandit.core.catalogue import Arm, Placement
from bandit.service.changes import arm_not_found
from bandit.service.stages import placement_not_found
from bandit.web.call import Answer, Call
from bandit.web.shapes import ChangedPlacement, ForgetQuery, PlacementsReply, changed

Plain = dict[str, Any]


async def placements(call: Call[None]) -> PlacementsReply:
    """All placements that the key may see."""
    catalogue = call.service.live.state.catalogue
    return PlacementsReply({name: each for name, each in catalogue.items() if call.caller.sees(name)})


async def get_placement(call: Call[None]) -> Placement:
    """A placement with its arms."""
    return _placement(call, _name(call))


async def put_placement(call: Call[Any]) -> Answer:
    """Create or replace a placement with its arms."""
    name = _name(call)
    query: ForgetQuery = call.query
    put = await call.service.changes.put_placement(name, call.body, by=call.caller.id, forget=query.forget)
    return Answer(changed(put.placement, put.forgotten), 201 if put.new else 200)


async def patch_placement(call: Call[Plain]) -> ChangedPlacement:
    """Change some fields of a placement."""
    query: ForgetQuery = call.query
    put = await call.service.changes.patch_placement(
        _name(call), call.body, by=call.caller.id, forget=query.forget
    )
    return changed(put.placement, put.forgotten)


async def delete_placement(call: Call[None]) -> None:
    """Delete a placement, with what it has learned."""
    await call.service.changes.delete_placement(_name(call), by=call.caller.id)


async def get_arm(call: Call[None]) -> Arm:
    """An arm."""
    return _arm(call, _name(call), call.path["arm"])


async def put_arm(call: Call[Any]) -> Answer:
    """Create or replace an arm."""
    name, arm = _name(call), call.path["arm"]
    new = await call.service.changes.put_arm(name, arm, call.body, by=call.caller.id)
    return Answer(_arm(call, name, arm), 201 if new else 200)


async def patch_arm(call: Call[Plain]) -> Arm:
    """Change some fields of an arm."""
    name, arm = _name(call), call.path["arm"]
    await call.service.changes.patch_arm(name, arm, call.body, by=call.caller.id)
    return _arm(call, name, arm)


async def delete_arm(call: Call[None]) -> None:
    """Take an arm out of the catalogue; what was learned about it is kept."""
    await call.service.changes.delete_arm(_name(call), call.path["arm"], by=call.caller.id)


def _name(call: Call[Any]) -> str:
    """The placement that the path names, unless the key may not see it."""
    name = call.path["placement"]
    if not call.caller.sees(name):
        raise placement_not_found(name)
    return name


def _placement(call: Call[Any], name: str) -> Placement:
    placement = call.service.live.state.catalogue.get(name)
    if placement is None:
        raise placement_not_found(name)
    return placement


def _arm(call: Call[Any], name: str, arm: str) -> Arm:
    arms = _placement(call, name).arms
    if arm not in arms:
        raise arm_not_found(name, arm, arms)
    return arms[arm]

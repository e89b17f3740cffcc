# SPDX-License-Identifier: Apache-2.0
"""What people change: placements, arms and keys. Each change is checked, then logged with who and when.

Changes are made one after the other, so that each is checked against what the one before left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from bandit.core.catalogue import Catalogue, Placement, Role, check_name, parse_arm, parse_placement, plain
from bandit.core.decoding import shorten
from bandit.core.events import (
    AnyEvent,
    ArmDeleted,
    ArmPut,
    KeyCreated,
    KeyRevoked,
    PlacementDeleted,
    PlacementPut,
    SecretAdopted,
)
from bandit.core.names import not_known
from bandit.core.state import Key
from bandit.core.succession import lost
from bandit.errors import Conflict, Invalid, NotFound
from bandit.service.identity import new_key
from bandit.service.live import Live
from bandit.service.stages import Stages, placement_not_found

Clock = Callable[[], float]

_MAX_DEPTH = 32


class Put(NamedTuple):
    """A placement as it now is, what its change has forgotten, and whether it is new."""

    placement: Placement
    forgotten: tuple[str, ...]
    new: bool


class Changes:
    """Everything that alters the catalogue or the keys; `by` is the id of the key that asked for it."""

    def __init__(self, live: Live, stages: Stages, clock: Clock) -> None:
        self._live = live
        self._stages = stages
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def put_placement(self, name: str, data: object, *, by: str, forget: bool = False) -> Put:
        """Create or replace a placement with its arms.

        Raises:
            Conflict: it would forget what was learned, and `forget` does not say that it may.
        """
        check_name("placement", name)
        placement = self._checked(parse_placement(data))
        async with self._one_at_a_time:
            new = name not in self._live.state.catalogue
            forgotten = self._forgotten(name, placement, may=forget)
            await self._record(PlacementPut(at=self._clock(), by=by, name=name, placement=placement))
        return Put(placement, forgotten, new)

    async def patch_placement(
        self, name: str, patch: Mapping[str, Any], *, by: str, forget: bool = False
    ) -> Put:
        """Change some fields of a placement (JSON merge patch, RFC 7396).

        Raises:
            NotFound: there is no such placement.
            Conflict: see `put_placement`.
        """
        async with self._one_at_a_time:
            placement = self._checked(parse_placement(merged(plain(self._placement(name)), patch)))
            forgotten = self._forgotten(name, placement, may=forget)
            await self._record(PlacementPut(at=self._clock(), by=by, name=name, placement=placement))
        return Put(placement, forgotten, new=False)

    async def delete_placement(self, name: str, *, by: str) -> None:
        """Delete a placement, with what it has learned."""
        async with self._one_at_a_time:
            self._placement(name)
            await self._record(PlacementDeleted(at=self._clock(), by=by, name=name))

    async def put_arm(self, placement: str, name: str, data: object, *, by: str) -> bool:
        """Create or replace an arm; returns whether it is new."""
        check_name("arm", name)
        arm = parse_arm(data)
        async with self._one_at_a_time:
            arms = self._placement(placement).arms
            self._checked(replace(self._placement(placement), arms={**arms, name: arm}))
            await self._record(ArmPut(at=self._clock(), by=by, placement=placement, name=name, arm=arm))
        return name not in arms

    async def patch_arm(self, placement: str, name: str, patch: Mapping[str, Any], *, by: str) -> None:
        """Change some fields of an arm (JSON merge patch, RFC 7396)."""
        async with self._one_at_a_time:
            arms = self._placement(placement).arms
            if name not in arms:
                raise arm_not_found(placement, name, arms)
            arm = parse_arm(merged(plain(arms[name]), patch))
            await self._record(ArmPut(at=self._clock(), by=by, placement=placement, name=name, arm=arm))

    async def delete_arm(self, placement: str, name: str, *, by: str) -> None:
        """Take an arm out of the catalogue; what was learned about it is kept."""
        async with self._one_at_a_time:
            arms = self._placement(placement).arms
            if name not in arms:
                raise arm_not_found(placement, name, arms)
            await self._record(ArmDeleted(at=self._clock(), by=by, placement=placement, name=name))

    async def apply(self, catalogue: Catalogue, *, by: str, forget: bool = False) -> list[str]:
        """Create or replace the placements that differ, all or none; returns their names.

        Raises:
            Conflict: see `put_placement`.
        """
        checked = {name: self._checked(each, at=f"placements.{name}") for name, each in catalogue.items()}
        async with self._one_at_a_time:
            present = self._live.state.catalogue
            changed = {
                name: each
                for name, each in checked.items()
                if name not in present or not each.same_as(present[name])
            }
            for name, each in changed.items():
                self._forgotten(name, each, may=forget)
            now = self._clock()
            await self._record(
                *(PlacementPut(at=now, by=by, name=name, placement=each) for name, each in changed.items())
            )
        return list(changed)

    async def create_key(
        self, role: Role, *, name: str, placements: Sequence[str] = (), by: str
    ) -> tuple[Key, str]:
        """Make a key; returns what is kept of it, and the key itself, which is never shown again.

        Raises:
            NotFound: it is to be limited to a placement that there is not.
        """
        if len(name) > 128:
            raise Invalid(f"name: got {len(name)} characters; allowed at most 128", field="name")
        for placement in placements:
            check_name("placements", placement)
        key_id, secret, digest = new_key(role)
        async with self._one_at_a_time:
            for placement in placements:
                if placement not in (there := self._live.state.catalogue):
                    message = not_known("placements", placement, there, holder="the catalogue")
                    raise NotFound(message, code="placement_not_found", field="placements")
            await self._record(
                KeyCreated(
                    at=self._clock(),
                    by=by,
                    id=key_id,
                    name=name,
                    role=role,
                    digest=digest,
                    placements=tuple(placements),
                )
            )
        return self._live.state.keys[key_id], secret

    async def revoke_key(self, key_id: str, *, by: str) -> None:
        """Revoke a key; it is refused from the moment that this returns.

        Raises:
            NotFound: there is no such key.
            Conflict: it is the last one that can make others.
        """
        async with self._one_at_a_time:
            keys = self._live.state.keys
            key = keys.get(key_id)
            if key is None:
                raise NotFound(
                    f"key: got {shorten(key_id)}; there is no such key", code="key_not_found", field="id"
                )
            if key.rules and not any(other.rules for other in keys.values() if other is not key):
                raise Conflict(
                    f"key: got {key_id}, the last admin key that is not limited to placements;"
                    " allowed once there is another",
                    code="last_admin_key",
                    field="id",
                )
            await self._record(KeyRevoked(at=self._clock(), by=by, id=key_id))

    async def adopt_secret(self, fingerprint: str, *, by: str) -> None:
        """Note with which secret pseudonyms are made from here on."""
        async with self._one_at_a_time:
            await self._record(SecretAdopted(at=self._clock(), by=by, fingerprint=fingerprint))

    async def _record(self, *events: AnyEvent) -> None:
        if events:
            await self._live.change(events)

    def _forgotten(self, name: str, placement: Placement, *, may: bool) -> tuple[str, ...]:
        """What a change forgets; nothing is forgotten where nothing was decided yet.

        Raises:
            Conflict: it would forget something, and may not.
        """
        state = self._live.state
        self._live.catch_up()
        before, learner = state.catalogue.get(name), state.learners.get(name)
        if before is None or learner is None or not (decisions := sum(learner.life.decisions.values())):
            return ()
        reasons = lost(before, placement)
        if reasons and not may:
            counted = "1 decision" if decisions == 1 else f"{decisions:,} decisions"
            raise Conflict(
                f"placement '{name}': got a change that forgets what {counted} taught ("
                f"{'; '.join(reasons)}); allowed with forget=true, on the command line "
                "'slotwise apply CATALOG.yaml --forget'",
                code="would_forget",
            )
        return reasons

    def _placement(self, name: str) -> Placement:
        placement = self._live.state.catalogue.get(name)
        if placement is None:
            raise placement_not_found(name)
        return placement

    def _checked(self, placement: Placement, *, at: str = "") -> Placement:
        """The placement as it will be logged, once everything that it asks for is known to exist."""
        return self._stages.resolved(placement, at=at)


def merged(target: Any, patch: Any, *, depth: int = 1) -> Any:
    """Apply a JSON merge patch (RFC 7396): objects merge, null removes, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    if depth > _MAX_DEPTH:
        raise Invalid(f"patch: got data nested deeper; allowed {_MAX_DEPTH} levels")
    out = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            out.pop(name, None)
        else:
            out[name] = merged(out.get(name), value, depth=depth + 1)
    return out


def arm_not_found(placement: str, name: str, arms: Mapping[str, object]) -> NotFound:
    """The error for an arm that a placement does not have."""
    known = ", ".join(list(arms)[:10]) or "none"
    return NotFound(
        f"arm: got {shorten(name)}; placement '{placement}' has {known}{', ...' if len(arms) > 10 else ''}",
        code="arm_not_found",
        field="arm",
    )

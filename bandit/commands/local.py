# SPDX-License-Identifier: Apache-2.0
"""Changing a data directory that no server is using."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bandit.commands.administration import KeyInfo
from bandit.commands.secret import COMMAND_LINE
from bandit.commands.visitor import Visitor
from bandit.core.catalogue import Catalogue, Role
from bandit.service import Service
from bandit.service.explaining import ContextReport
from bandit.service.quality import PlacementQuality

_ROUNDS = 2  # the first loads the regions that have holidays, the second works out the visitor's


class LocalAdministration:
    """Through a service of this process's own."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def placements(self) -> Catalogue:
        """The catalogue as it is."""
        return dict(self._service.live.state.catalogue)

    async def put(self, catalogue: Catalogue, *, forget: bool) -> None:
        """Create or replace these placements, all or none."""
        await self._service.changes.apply(catalogue, by=COMMAND_LINE, forget=forget)

    async def keys(self) -> list[KeyInfo]:
        """All keys that are not revoked."""
        return [
            msgspec.convert(key, KeyInfo, from_attributes=True)
            for key in self._service.live.state.keys.values()
        ]

    async def create_key(self, role: Role, *, name: str, placements: Sequence[str]) -> tuple[KeyInfo, str]:
        """Make a key; returns what is kept of it, and the key itself."""
        kept, secret = await self._service.changes.create_key(
            role, name=name, placements=placements, by=COMMAND_LINE
        )
        return msgspec.convert(kept, KeyInfo, from_attributes=True), secret

    async def revoke_key(self, key_id: str) -> None:
        """Revoke a key."""
        await self._service.changes.revoke_key(key_id, by=COMMAND_LINE)

    async def context(self, placement: str, visitor: Visitor) -> ContextReport:
        """What would be known about a visitor, once what is asked for has been fetched."""
        at = None if visitor.at is None else visitor.at.timestamp()
        for _ in range(_ROUNDS):
            self._service.explain(placement, visitor.context, at=at, gpc=visitor.gpc)
            await self._service.refresh_context()
        return self._service.explain(placement, visitor.context, at=at, gpc=visitor.gpc)

    async def quality(self, placement: str) -> PlacementQuality:
        """How good the context of a placement was lately."""
        return self._service.quality(placement)
